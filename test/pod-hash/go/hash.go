package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"sort"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// collisionCounts are hashed for every template besides "none".
var collisionCounts = []int32{0, 1, 2, 258, 2147483647}

func templateFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if ext := filepath.Ext(entry.Name()); ext == ".json" || ext == ".yaml" {
			names = append(names, entry.Name())
		}
	}
	sort.Strings(names)
	return names, nil
}

// readTemplate decodes as a client of the API server does: case-sensitive, unknown fields dropped.
func readTemplate(path string) (*corev1.PodTemplateSpec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if filepath.Ext(path) == ".json" {
		asJSON, err = text, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	template := &corev1.PodTemplateSpec{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(asJSON, template); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return template, nil
}

func hashTemplates(dir string) ([]byte, error) {
	names, err := templateFiles(dir)
	if err != nil {
		return nil, err
	}
	hashes := map[string]map[string]string{}
	for _, name := range names {
		template, err := readTemplate(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		hashes[name] = map[string]string{"none": hashOf(template, nil)}
		for _, count := range collisionCounts {
			hashes[name][fmt.Sprint(count)] = hashOf(template, &count)
		}
	}
	return indented(hashes), nil
}

// hashOf is FNV-1a over the JSON of the struct, then the collision count in 8 bytes, in the safe alphabet.
func hashOf(template *corev1.PodTemplateSpec, collisionCount *int32) string {
	hasher := fnv.New32a()
	hasher.Write(encoded(template))
	if collisionCount != nil {
		var count [8]byte
		binary.LittleEndian.PutUint32(count[:], uint32(*collisionCount))
		hasher.Write(count[:])
	}
	return rand.SafeEncodeString(fmt.Sprint(hasher.Sum32()))
}

func encoded(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

func indented(value any) []byte {
	out := &bytes.Buffer{}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func printEncoded(path string) error {
	template, err := readTemplate(path)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%s\n", encoded(template))
	return err
}
