using VmMigrate.Engine.Blocks;

namespace VmMigrate.Engine.Tests;

public sealed class ExtentTests
{
    [Fact]
    public void An_extent_that_would_end_beyond_the_largest_offset_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Extent(long.MaxValue - 10, 11));
}
