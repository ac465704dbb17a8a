package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

const generatedCount = 60

// generator fills templates at random but always the same way, as JSON values (not as structs), so that quantities, times,
// nulls and unknown fields stay in the spelling that the hash must normalise.
type generator struct {
	state    uint64
	chance   float64 // that an optional field is set
	complete bool    // every field set to something
}

func generateTemplates(dir string) error {
	for i := range generatedCount {
		g := &generator{state: uint64(i)*7919 + 17, chance: 0.15 + 0.05*float64(i%8), complete: i == 0}
		path := filepath.Join(dir, fmt.Sprintf("gen-%02d.json", i))
		if err := os.WriteFile(path, indented(g.value(rootType)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// next is splitmix64: the same numbers with every Go version.
func (g *generator) next() uint64 {
	g.state += 0x9e3779b97f4a7c15
	z := g.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func (g *generator) below(n int) int { return int(g.next() % uint64(n)) }

func (g *generator) happens(chance float64) bool { return float64(g.next()%1000)/1000 < chance }

func (g *generator) value(typ reflect.Type) any {
	switch scalarByType[typ] {
	case "quantity":
		return pick(g, quantities)
	case "intstr":
		if g.complete {
			return "https"
		}
		return pick(g, intsOrStrings)
	case "time":
		return pick(g, times)
	case "json":
		return pick(g, rawValues)
	}
	switch typ.Kind() {
	case reflect.String:
		return g.text()
	case reflect.Bool:
		return g.complete || g.happens(0.7)
	case reflect.Int32:
		return pick(g, int32s)
	case reflect.Int, reflect.Int64:
		return pick(g, int64s)
	case reflect.Pointer:
		return g.value(typ.Elem())
	case reflect.Slice:
		return g.list(typ)
	case reflect.Map:
		return g.dict(typ)
	case reflect.Struct:
		return g.object(typ)
	}
	panic("cannot generate " + typ.String())
}

func (g *generator) object(typ reflect.Type) any {
	object := map[string]any{}
	for _, f := range fieldsOf(typ) {
		// The pod's own parts are what a template is for, so they are mostly there.
		root := typ == rootType || f.name == "containers"
		if !g.complete && !g.happens(g.chance) && !root {
			continue
		}
		if !g.complete && g.happens(0.04) {
			object[f.name] = nil
			continue
		}
		object[f.name] = g.value(f.typ)
	}
	if !g.complete && g.happens(0.04) {
		object["aFieldNobodyKnows"] = map[string]any{"depth": 1, "list": []any{"<a>", nil, true}}
	}
	return object
}

func (g *generator) list(typ reflect.Type) any {
	list := []any{}
	for range g.size() {
		if !g.complete && typ.Elem().Kind() == reflect.String && g.happens(0.03) {
			list = append(list, nil)
			continue
		}
		list = append(list, g.value(typ.Elem()))
	}
	return list
}

func (g *generator) dict(typ reflect.Type) any {
	dict := map[string]any{}
	for range g.size() {
		dict[pick(g, mapKeys)] = g.value(typ.Elem())
	}
	return dict
}

func (g *generator) size() int {
	if g.complete {
		return 1
	}
	return g.below(3)
}

func (g *generator) text() string {
	switch {
	case g.complete || g.happens(0.7):
		return pick(g, plainTexts)
	case g.happens(0.1):
		return ""
	default:
		return pick(g, oddTexts) + strings.Repeat("z", g.below(3))
	}
}

func pick[T any](g *generator, from []T) T { return from[g.below(len(from))] }
