// Package github describes the GitHub provider to Pulumi as pulumi-github does: the same tokens, versions and shapes.
//
// The official provider is a bridge over terraform-provider-github. Where its own downloads cannot be reached, the same
// bridge is built here over the same release, and a test compares its schema with the SDK that programs use.
package github

import (
	_ "embed"
	"strings"

	"github.com/integrations/terraform-provider-github/v6/github"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// Name is the Pulumi package.
const Name = "github"

//go:embed version.txt
var version string

// Version is the release of pulumi-github whose SDK this provider answers to.
var Version = strings.TrimSpace(version)

// Wraps is the release of terraform-provider-github under it.
const Wraps = "6.13.0"

// Info returns what the bridge is told about the provider.
func Info() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:                 shimv2.NewProvider(github.NewProvider(Wraps, "none")()),
		Name:              Name,
		Version:           Version,
		DisplayName:       "GitHub",
		GitHubOrg:         "integrations",
		Repository:        "https://github.com/pulumi/pulumi-github",
		UpstreamRepoPath:  ".",
		TFProviderVersion: Wraps,
		Config: map[string]*tfbridge.SchemaInfo{
			"token": {Secret: tfbridge.True()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			// Terraform allows one block of reviewers at most; pulumi-github kept the list it had before that.
			"github_repository_environment": {
				Fields: map[string]*tfbridge.SchemaInfo{"reviewers": {MaxItemsOne: tfbridge.False()}},
			},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"github_app": {Tok: "github:index/getGithubApp:getGithubApp"},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("github_", "index", tokens.MakeStandard(Name)))
	return info
}
