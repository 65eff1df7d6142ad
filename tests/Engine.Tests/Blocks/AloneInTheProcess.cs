namespace VmMigrate.Engine.Tests.Blocks;

/// <summary>Tests that look at the whole process, so that no other may run beside them.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;
