// Command step-hash is the oracle of the step hash: it lists the fields of Argo Rollouts' canary steps in the order in
// which Go encodes them, and hashes plans as its controller does.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"reflect"
	"strings"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/rand"
)

const usage = "usage: step-hash fields | step-hash hash PLANS.json"

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "fields":
		printFields()
	case len(os.Args) == 3 && os.Args[1] == "hash":
		printHashes(os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
}

// printFields writes one line per struct, in the notation of controller/rollout/pod-template-fields.ts.
func printFields() {
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch {
		case isScalar(typ) || seen[typ]:
		case typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map:
			visit(typ.Elem())
		case typ.Kind() == reflect.Struct:
			seen[typ] = true
			words := []string{typ.Name()}
			for i := range typ.NumField() {
				name, flags, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				mark := map[string]string{"omitempty": "?", "": ""}[flags]
				words = append(words, name+":"+typeText(typ.Field(i).Type)+mark)
			}
			fmt.Println(strings.Join(words, " "))
			for i := range typ.NumField() {
				visit(typ.Field(i).Type)
			}
		}
	}
	visit(reflect.TypeOf(v1alpha1.CanaryStep{}))
}

func isScalar(typ reflect.Type) bool {
	return typ == reflect.TypeOf(intstr.IntOrString{}) || typ == reflect.TypeOf(json.RawMessage{})
}

func typeText(typ reflect.Type) string {
	switch {
	case typ == reflect.TypeOf(intstr.IntOrString{}):
		return "intstr"
	case typ == reflect.TypeOf(json.RawMessage{}):
		return "raw"
	case typ.Kind() == reflect.Pointer:
		return "*" + typeText(typ.Elem())
	case typ.Kind() == reflect.Slice:
		return "[]" + typeText(typ.Elem())
	case typ.Kind() == reflect.Map:
		return "{}" + typeText(typ.Elem())
	case typ.Kind() == reflect.Struct:
		return typ.Name()
	case typ.Kind() == reflect.Int32 || typ.Kind() == reflect.Int64:
		return "int"
	}
	return typ.Kind().String()
}

type plan struct {
	Name  string                `json:"name"`
	Steps []v1alpha1.CanaryStep `json:"steps"`
}

func printHashes(path string) {
	text, err := os.ReadFile(path)
	check(err)
	var plans []plan
	check(json.Unmarshal(text, &plans))
	hashes := map[string]string{}
	for _, one := range plans {
		encoded, err := json.Marshal(one.Steps)
		check(err)
		sum := fnv.New32a()
		sum.Write(encoded)
		hashes[one.Name] = rand.SafeEncodeString(fmt.Sprint(sum.Sum32()))
	}
	out := &bytes.Buffer{}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	check(encoder.Encode(hashes))
	os.Stdout.Write(out.Bytes())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "step-hash:", err)
		os.Exit(1)
	}
}
