// Command provider is pulumi-resource-github. Its schema.json is made by the command schema when it is built.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"twinlock/engine/github"
)

//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main(github.Name, github.Version, github.Info(), schema)
}
