package main

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
)

// reportCoverage prints each field path below PodTemplateSpec that no template sets to something.
// List and map members share one path, so "spec.containers[].env[].name" is one field.
func reportCoverage(dir string) error {
	names, err := templateFiles(dir)
	if err != nil {
		return err
	}
	set := map[string]bool{}
	for _, name := range names {
		template, err := readTemplate(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		markSet(reflect.ValueOf(*template), "", set)
	}
	all := fieldPaths(rootType, "")
	missing := 0
	for _, path := range all {
		if !set[path] {
			fmt.Println(path)
			missing++
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d fields are set by none of %d templates", missing, len(all), len(names))
	}
	return nil
}

func fieldPaths(typ reflect.Type, path string) []string {
	if scalarByType[typ] != "" {
		return nil
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return fieldPaths(typ.Elem(), path)
	case reflect.Slice, reflect.Map:
		return fieldPaths(typ.Elem(), path+"[]")
	case reflect.Struct:
		var paths []string
		for _, f := range fieldsOf(typ) {
			member := join(path, f.name)
			paths = append(append(paths, member), fieldPaths(f.typ, member)...)
		}
		return paths
	}
	return nil
}

func markSet(value reflect.Value, path string, set map[string]bool) {
	if scalarByType[value.Type()] != "" {
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			markSet(value.Elem(), path, set)
		}
	case reflect.Slice:
		for i := range value.Len() {
			markSet(value.Index(i), path+"[]", set)
		}
	case reflect.Map:
		for _, key := range value.MapKeys() {
			markSet(value.MapIndex(key), path+"[]", set)
		}
	case reflect.Struct:
		for _, f := range fieldsOf(value.Type()) {
			member := value.FieldByIndex(f.index)
			memberPath := join(path, f.name)
			if !isUnset(member) {
				set[memberPath] = true
			}
			markSet(member, memberPath, set)
		}
	}
}

// isUnset says whether a member is what an absent field decodes to; an empty list or map counts as unset too.
func isUnset(value reflect.Value) bool {
	if kind := value.Kind(); kind == reflect.Slice || kind == reflect.Map {
		return value.Len() == 0
	}
	return value.IsZero()
}

func join(path, name string) string {
	return strings.TrimPrefix(path+"."+name, ".")
}
