// Says what tools that know no kind of ours make of an object, which it reads from standard input as JSON:
//
//	health kstatus            the kstatus library, which Helm 4 and Flux wait with
//	health argocd SCRIPT.lua  a health check in Lua, run as Argo CD runs it
//
// The answer is one line of JSON: {"status": "InProgress", "message": "…"}.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	answer, err := judge(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(args []string) (*health, error) {
	var object map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&object); err != nil {
		return nil, err
	}
	switch {
	case len(args) == 1 && args[0] == "kstatus":
		return byKstatus(object)
	case len(args) == 2 && args[0] == "argocd":
		return byScript(object, args[1])
	}
	return nil, fmt.Errorf("usage: health kstatus | health argocd SCRIPT.lua")
}

func byKstatus(object map[string]any) (*health, error) {
	// Numbers as the API machinery has them: whole ones are int64.
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	resource := &unstructured.Unstructured{}
	if err := resource.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	result, err := status.Compute(resource)
	if err != nil {
		return nil, err
	}
	return &health{Status: string(result.Status), Message: result.Message}, nil
}

// Argo CD opens the same libraries, sets the global `obj` and takes the table that the script returns.
func byScript(object map[string]any, path string) (*health, error) {
	script, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), NRet: 0, Protect: true}, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(string(script)); err != nil {
		return nil, err
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("%s returned a %s, not a table", path, state.Get(-1).Type())
	}
	return &health{
		Status:  lua.LVAsString(table.RawGetString("status")),
		Message: lua.LVAsString(table.RawGetString("message")),
	}, nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for name, field := range value {
			table.RawSetString(name, toLua(state, field))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case string:
		return lua.LString(value)
	case float64:
		return lua.LNumber(value)
	case bool:
		return lua.LBool(value)
	}
	return lua.LNil
}
