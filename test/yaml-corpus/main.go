// Reads YAML files with the code that kubectl reads them with, and writes what it saw as JSON beside the corpus.
// Usage: go run . <folder of .yaml files>   (writes <name>.json for each <name>.yaml)
package main

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// outcome is what kubectl makes of one file: its documents, or only the fact that it refuses it.
type outcome struct {
	Documents []any `json:"documents"`
	Refused   bool  `json:"refused,omitempty"`
}

func main() {
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.yaml"))
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		seen := read(text)
		out, err := stdjson.MarshalIndent(seen, "", "  ")
		if err != nil {
			panic(err)
		}
		target := strings.TrimSuffix(file, ".yaml") + ".json"
		if err := os.WriteFile(target, append(out, '\n'), 0o644); err != nil {
			panic(err)
		}
	}
	fmt.Printf("%d files\n", len(files))
}

// read does what kubectl's resource builder does: split, convert to JSON, skip what is empty, decode with int64 kept apart from float64.
func read(text []byte) outcome {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	result := outcome{Documents: []any{}}
	for {
		extension := runtime.RawExtension{}
		if err := decoder.Decode(&extension); err != nil {
			if errors.Is(err, io.EOF) {
				return result
			}
			fmt.Fprintln(os.Stderr, err)
			return outcome{Documents: []any{}, Refused: true}
		}
		raw := bytes.TrimSpace(extension.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return outcome{Documents: []any{}, Refused: true}
		}
		result.Documents = append(result.Documents, value)
	}
}
