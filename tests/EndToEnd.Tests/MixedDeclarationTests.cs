using System.Text.Json.Nodes;
using System.Xml.Linq;
using VmMigrate.TestEc2;
using VmMigrate.Tests;

namespace VmMigrate.EndToEnd.Tests;

/// <summary>One declaration in which Terraform's real aws provider makes the subnet that a move goes into, by the real terraform and the native binary, against a test EC2.</summary>
public sealed class MixedDeclarationTests : IDisposable
{
    private const int Limit = 240_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-mixed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = Limit)]
    public async Task A_subnet_that_is_still_to_be_made_is_waited_for_at_preview_and_moved_into_at_apply()
    {
        var plugins = AwsPlugins();
        Assert.SkipWhen(plugins is null, "Terraform's aws provider is in no local plugin folder of this machine (TF_PLUGIN_CACHE_DIR, ~/.terraform.d/plugins, ...), and tests load nothing from the network.");
        await using var ec2 = await Ec2Server.StartAsync(new World(TimeProvider.System));
        Write(plugins, ec2);

        await TerraformAsync("init", "-input=false");
        var plan = await TerraformAsync("plan", "-input=false");
        Assert.Contains("2 to add", plan.Text, StringComparison.Ordinal);
        Assert.Contains("aws_subnet.apps will be created", plan.Text, StringComparison.Ordinal);
        Assert.Contains("vmmigrate_migration.web will be created", plan.Text, StringComparison.Ordinal);
        // The subnet's id is not known yet: preview says what waits for it.
        Assert.True(plan.Flat.Contains("Not known before apply: target.networks.default.", StringComparison.Ordinal), plan.Text);
        // What does not depend on it was looked at: both sites, and the instance type among others.
        Assert.Contains("cold dc1 → cloud", plan.Flat, StringComparison.Ordinal);
        Assert.DoesNotContain("aws.subnet", plan.Flat, StringComparison.Ordinal);
        lock (ec2.World.Gate)
        {
            Assert.Empty(ec2.World.Instances);
            Assert.Equal(2, ec2.World.Subnets.Count);
        }

        await TerraformAsync("apply", "-auto-approve", "-input=false");
        lock (ec2.World.Gate)
        {
            var instance = Assert.Single(ec2.World.Instances, instance => instance.State == "running");
            var card = Assert.Single(ec2.World.Nics, nic => nic.Instance == instance.Id);
            Assert.Equal("10.0.9.0/24", card.Subnet.Cidr);
        }

        var state = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "terraform.tfstate"), TestContext.Current.CancellationToken))!;
        var migration = state["resources"]!.AsArray().Single(one => (string?)one!["type"] == "vmmigrate_migration")!["instances"]![0]!["attributes"]!;
        Assert.Equal("CutOver", (string?)migration["phase"]);

        // The VM goes home before the subnet that it is in goes.
        await TerraformAsync("destroy", "-auto-approve", "-input=false");
        lock (ec2.World.Gate)
        {
            Assert.DoesNotContain(ec2.World.Instances, instance => instance.State != "terminated");
            Assert.Equal(2, ec2.World.Subnets.Count);
            Assert.Empty(ec2.World.Snapshots);
        }
    }

    /// <summary>A folder in the layout of a filesystem mirror that has the aws provider.</summary>
    private static string? AwsPlugins()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        IEnumerable<string?> folders =
        [
            Environment.GetEnvironmentVariable("TF_PLUGIN_CACHE_DIR"), Path.Combine(home, ".terraform.d", "plugins"), Path.Combine(home, ".terraform.d", "plugin-cache"),
            "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", .. Directory.Exists("/opt") ? Directory.EnumerateDirectories("/opt") : [],
        ];
        return folders.FirstOrDefault(folder => folder is not null && Directory.Exists(Path.Combine(folder, "registry.terraform.io", "hashicorp", "aws")));
    }

    private void Write(string plugins, Ec2Server ec2)
    {
        var version = XDocument.Load(Repository.At("Directory.Build.props")).Descendants("Version").First().Value;
        var ours = Directory.CreateDirectory(Path.Combine(_folder, "plugins", "vmmigrate.local", "vmmigrate", "vmmigrate", version, "linux_amd64"));
        File.CreateSymbolicLink(Path.Combine(ours.FullName, "terraform-provider-vmmigrate"), Terraform.Provider);
        File.WriteAllText(
            Path.Combine(_folder, "terraform.rc"),
            $$"""
            disable_checkpoint = true
            provider_installation {
              filesystem_mirror {
                path    = "{{Path.Combine(_folder, "plugins")}}"
                include = ["vmmigrate.local/*/*"]
              }
              filesystem_mirror {
                path    = "{{plugins}}"
                include = ["registry.terraform.io/hashicorp/aws"]
              }
            }
            """);
        var account = ec2.World.Accounts[0];
        File.WriteAllText(
            Path.Combine(_folder, "main.tf"),
            $$"""
            terraform {
              required_providers {
                aws       = { source = "hashicorp/aws" }
                vmmigrate = { source = "vmmigrate.local/vmmigrate/vmmigrate" }
              }
            }
            provider "aws" {
              region                      = "{{Ec2Server.Region}}"
              access_key                  = "{{account.Key}}"
              secret_key                  = "{{account.Secret}}"
              skip_credentials_validation = true
              skip_metadata_api_check     = true
              skip_region_validation      = true
              skip_requesting_account_id  = true
              endpoints {
                ec2 = "{{ec2.Address}}"
                sts = "{{ec2.Address}}"
              }
            }
            resource "aws_subnet" "apps" {
              vpc_id            = "vpc-0000000000000001"
              cidr_block        = "10.0.9.0/24"
              availability_zone = "xx-test-1a"
            }
            provider "vmmigrate" {
              sites = {
                dc1 = {
                  simulator = {
                    state    = "{{Path.Combine(_folder, "world")}}"
                    machines = [{ name = "web-01", networks = ["default"], running = true }]
                    guest    = { boot = "100ms", shutdown = "100ms" }
                  }
                }
                cloud = {
                  aws = {
                    region            = "{{Ec2Server.Region}}"
                    access_key_id     = "{{account.Key}}"
                    secret_access_key = "{{account.Secret}}"
                    endpoint          = "{{ec2.Address}}"
                  }
                }
              }
            }
            resource "vmmigrate_migration" "web" {
              vm     = { site = "dc1", name = "web-01" }
              target = {
                site         = "cloud"
                storage_pool = "gp3"
                networks     = { default = aws_subnet.apps.id }
              }
              facts = { "plan.osLicence" = "byol" }
            }
            """);
    }

    private async Task<Terraform.Outcome> TerraformAsync(params string[] arguments)
    {
        using var process = Terraform.Start(_folder, arguments, new Dictionary<string, string?> { ["TF_PLUGIN_CACHE_DIR"] = null });
        return (await Terraform.FinishAsync(process, TestContext.Current.CancellationToken)).Succeeded();
    }
}
