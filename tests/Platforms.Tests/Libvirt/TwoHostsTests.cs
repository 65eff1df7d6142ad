namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>The classes that share one lab, and so run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class TwoHostsTests : ICollectionFixture<TwoHosts>
{
    public const string Name = "two hosts";
}
