// Command pod-hash is the oracle of the pod template hash: it derives the field tables from the Kubernetes types,
// writes generated templates, and hashes templates with Go's own encoder.
package main

import (
	"fmt"
	"os"
)

const usage = `usage:
  pod-hash fields OUT           write the TypeScript field tables (OUT - is stdout)
  pod-hash generate DIR         write the generated templates gen-NN.json into DIR
  pod-hash hash DIR OUT         hash every template of DIR, write JSON (OUT - is stdout)
  pod-hash coverage DIR         list the PodTemplateSpec fields that no template of DIR sets; fails if there are any
  pod-hash quantities OUT       write quantities and their canonical form as JSON (OUT - is stdout)
  pod-hash json FILE            print the JSON text that is hashed, for finding a difference
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pod-hash:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "fields":
		return write(args[1], fieldTables())
	case len(args) == 2 && args[0] == "generate":
		return generateTemplates(args[1])
	case len(args) == 3 && args[0] == "hash":
		text, err := hashTemplates(args[1])
		if err != nil {
			return err
		}
		return write(args[2], text)
	case len(args) == 2 && args[0] == "coverage":
		return reportCoverage(args[1])
	case len(args) == 2 && args[0] == "quantities":
		return write(args[1], quantityTable())
	case len(args) == 2 && args[0] == "json":
		return printEncoded(args[1])
	}
	fmt.Fprint(os.Stderr, usage)
	os.Exit(2)
	return nil
}

func write(path string, text []byte) error {
	if path == "-" {
		_, err := os.Stdout.Write(text)
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
