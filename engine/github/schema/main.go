// Command schema prints the Pulumi schema of the GitHub provider, which the provider itself carries.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"

	"twinlock/engine/github"
)

func main() {
	tfgen.Main(github.Name, github.Version, github.Info())
}
