// Command conditions answers expressions with expr-lang itself: the oracle of the conditions language. It reads one
// expression a line and writes the same lines, each with the Go type and the quoted text of its value, or "error".
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/expr-lang/expr"
)

const measured = `{"at":"2024-03-10T01:30:00Z","n":5}`

// answer evaluates one expression as Argo Rollouts does: compiled against the measured result, then run.
func answer(source string, env map[string]any) (text string) {
	defer func() {
		if recover() != nil {
			text = "error"
		}
	}()
	program, err := expr.Compile(source, expr.Env(env))
	if err != nil {
		return "error"
	}
	value, err := expr.Run(program, env)
	if err != nil {
		return "error"
	}
	return fmt.Sprintf("%T %q", value, fmt.Sprintf("%v", value))
}

func main() {
	time.Local = time.UTC
	var result any
	if err := json.Unmarshal([]byte(measured), &result); err != nil {
		panic(err)
	}
	env := map[string]any{"result": result}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Printf("%s\t%s\n", lines.Text(), answer(lines.Text(), env))
	}
}
