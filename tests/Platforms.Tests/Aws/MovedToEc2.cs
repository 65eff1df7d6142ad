namespace VmMigrate.Platforms.Tests.Aws;

/// <summary>A VM that has moved to EC2, once for many tests: each begins at that moment.</summary>
public sealed class MovedToEc2 : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmmigrate-world-").FullName;
    private Ec2World? _ec2;
    private Ec2Moment? _moment;

    /// <returns>The account, and the folder with its other side.</returns>
    internal async Task<(Ec2World Ec2, string Folder)> ReturnAsync()
    {
        if (_moment is null)
        {
            _ec2 ??= await Ec2World.StartAsync();
            await using var site = _ec2.Open("ec2");
            var (before, moved) = await Ec2KillTests.DriveAsync(_folder, site);
            Assert.True(moved is { Failed: null }, $"{moved?.Why} {string.Join('\n', before.Findings.Select(finding => finding.Message))}");
            await _ec2.CalmAsync();
            _moment = new Ec2Moment(_folder, _ec2);
        }

        await _moment.ReturnAsync();
        return (_ec2!, _folder);
    }

    public async ValueTask DisposeAsync()
    {
        await (_ec2?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }
}
