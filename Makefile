# vmmigrate: `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION := $(shell sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
RID     := linux-x64
SOURCES := $(shell find provider -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*') \
           $(shell find provider -name '*.csproj' -o -name '*.proto') Directory.Build.props Directory.Packages.props global.json
NAMES   := bin/pulumi-resource-vmmigrate bin/terraform-provider-vmmigrate bin/vmmigrate

.PHONY: help setup build vcsim test bench torture truth lint format quickstart lab-up lab-down sdk examples dist generate clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the Debian packages that are missing (asks for root where it needs it)
	@eng/setup.sh

build: $(NAMES) ## Build the provider: one native binary under three names in bin/

# The binary is linked by clang or gcc; `setup` sees to that.
bin/vmmigrate: $(SOURCES)
	@eng/setup.sh build
	@echo "building the provider (native, about a minute)"
	@dotnet publish provider/Host -c Release -r $(RID) -o bin/.publish -v quiet -nologo
	@mkdir -p bin && cp bin/.publish/vmmigrate bin/vmmigrate && rm -rf bin/.publish

bin/pulumi-resource-vmmigrate bin/terraform-provider-vmmigrate: bin/vmmigrate
	@ln -f bin/vmmigrate $@ 2>/dev/null || cp bin/vmmigrate $@

vcsim: bin/vcsim ## Build the vCenter simulator that the tests use, from Debian's Go packages

bin/vcsim: $(wildcard lab/vcsim/*.go)
	@mkdir -p bin && cd lab/vcsim && GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode go build -o ../../bin/vcsim .

test: setup build vcsim ## Run every test; the last line is `N passed, N failed, N skipped`
	@eng/test.sh

bench: setup build vcsim ## Print one line of JSON per figure, with the peer's beside ours (ROW="a b" ROUNDS=N: some rows only)
	@eng/bench.sh $(ROW) $(if $(ROUNDS),--rounds $(ROUNDS))

torture: setup ## Try to break every rule: crash matrix, 10,000 random histories, 200 at once, kills on real hosts (SEED=N replays one)
	@eng/torture.sh

truth: setup ## Preview moves, make them and compare: how far off previews are (writes docs/preview-truth.md)
	@eng/truth.sh

lint: ## Check the format; builds without warnings are part of `test`
	@dotnet format Provider.sln --verify-no-changes

format: ## Format the sources
	@dotnet format Provider.sln

quickstart: build ## Move a VM between two real libvirt hosts on this machine, and back (MODE=cold|warm|live)
	@eng/quickstart.sh

lab-up: ## Start the two libvirt hosts of the quickstart
	@eng/setup.sh lab && lab/two-hosts.sh up

lab-down: ## Stop the two hosts and their guests; leaves no process behind
	@lab/two-hosts.sh down

sdk: ## Build the C# SDK, where the package Pulumi can be restored
	@eng/sdk.sh

examples: ## Build the C# examples, where the package Pulumi can be restored
	@eng/examples.sh

dist: build ## Make installable archives in dist/
	@eng/dist.sh $(VERSION) bin/vmmigrate

generate: ## Write schema.json, the SDK and the reference again from the resource model
	@eng/generate.sh

clean: ## Remove what was built
	@rm -rf bin dist && find . \( -name bin -o -name obj \) -type d -not -path './.git/*' -prune -exec rm -rf {} +
