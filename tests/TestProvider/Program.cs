using System.Globalization;
using VmMigrate.Host.Terraform;
using VmMigrate.TestProvider;

// terraform hands its environment on, and so the test says by it where the files are.
var folder = Environment.GetEnvironmentVariable(FilePlatform.Variable);
if (folder is null)
{
    return await TerraformHost.RunAsync(new FileProvider(new FilePlatform(Path.GetTempPath()))).ConfigureAwait(false);
}

var platform = new FilePlatform(folder);
platform.Log("started", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
return await TerraformHost.RunAsync(new FileProvider(platform)).ConfigureAwait(false);
