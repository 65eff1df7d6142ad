using VmMigrate.Engine.Values;
using VmMigrate.Host.Cli;

namespace VmMigrate.Host.Tests.Cli;

public sealed class ConfigFileTests
{
    [Fact]
    public void Yaml_and_json_mean_the_same()
    {
        var yaml = ConfigFile.Parse("sites:\n  a:\n    simulator: { vms: 3, oddities: 0.5, state: '12' }\n  b: &b\n    list: [one, true, null, ~]\n  c: *b\n", "a", "/");
        var json = ConfigFile.Parse("""{"sites":{"a":{"simulator":{"vms":3,"oddities":0.5,"state":"12"}},"b":{"list":["one",true,null,null]},"c":{"list":["one",true,null,null]}}}""", "a", "/");
        Assert.Equal(json, yaml);
        Assert.Equal("12", yaml["sites"]["a"]["simulator"]["state"].AsText);
        Assert.Equal(3, yaml["sites"]["a"]["simulator"]["vms"].AsNumber);
    }

    [Fact]
    public void Values_come_from_the_environment_and_from_files()
    {
        var folder = Directory.CreateTempSubdirectory("vmmigrate-config-").FullName;
        File.WriteAllText(Path.Combine(folder, "password"), "hunter2\n");
        Environment.SetEnvironmentVariable("VMMIGRATE_TEST_USER", "jo");
        var config = ConfigFile.Parse("user: ${env:VMMIGRATE_TEST_USER}\npassword: \"${file:password}\"\nplain: a ${env:HOME}\n", "a", folder);
        Assert.Equal(("jo", "hunter2", "a ${env:HOME}"), (config["user"].AsText, config["password"].AsText, config["plain"].AsText));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("sites: [", "neither YAML nor JSON")]
    [InlineData("- a", "holds no mapping")]
    [InlineData("a: 1\n---\nb: 2", "holds 2 documents")]
    [InlineData("a: ${env:VMMIGRATE_TEST_NOT_THERE}", "line 1: the environment variable VMMIGRATE_TEST_NOT_THERE is not set")]
    [InlineData("a:\n  b: ${file:no-such-file}", "line 2: no-such-file cannot be read")]
    [InlineData("? [a, b]\n: 1", "a key must be a word")]
    public void What_is_wrong_is_said_with_its_line(string text, string says)
    {
        var error = Assert.Throws<CliException>(() => ConfigFile.Parse(text, "sites.yaml", "/"));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("sites.yaml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_an_empty_config() => Assert.Equal(Value.EmptyMap, ConfigFile.Parse("", "a", "/"));
}
