using System.Collections;

namespace VmMigrate.Engine.Blocks;

/// <summary>Ranges of a disk: ascending, never touching each other, never empty.</summary>
public sealed class ExtentSet : IReadOnlyList<Extent>
{
    private readonly Extent[] _extents;

    private ExtentSet(Extent[] extents) => _extents = extents;

    public static ExtentSet Empty { get; } = new([]);

    public int Count => _extents.Length;

    public Extent this[int index] => _extents[index];

    /// <summary>The sum of all lengths.</summary>
    public long TotalBytes
    {
        get
        {
            long total = 0;
            foreach (var extent in _extents)
                total = checked(total + extent.LengthBytes);
            return total;
        }
    }

    /// <summary>The set of all bytes in <paramref name="extents"/>, which may overlap and come in any order.</summary>
    public static ExtentSet Of(IEnumerable<Extent> extents)
    {
        var builder = new Builder();
        foreach (var extent in extents.OrderBy(e => e.Offset))
            builder.Add(extent.Offset, extent.LengthBytes);
        return builder.Build();
    }

    /// <summary>Everything that is in this set or in the other.</summary>
    public ExtentSet Union(ExtentSet other) => Of(_extents.Concat(other._extents));

    /// <summary>Everything of a disk that is not in this set.</summary>
    public ExtentSet Complement(long diskLengthBytes)
    {
        var builder = new Builder();
        long at = 0;
        foreach (var extent in _extents)
        {
            builder.Add(at, extent.Offset - at);
            at = extent.End;
        }

        builder.Add(at, diskLengthBytes - at);
        return builder.Build();
    }

    /// <summary>The index of the first extent that ends after <paramref name="offset"/>; <see cref="Count"/> when there is none.</summary>
    public int FirstEndingAfter(long offset)
    {
        int low = 0, high = _extents.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_extents[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    /// <summary>The set with every extent rounded out to multiples of <paramref name="unitBytes"/>, but not beyond the disk's end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An extent lies beyond the disk's end.</exception>
    public ExtentSet RoundOut(int unitBytes, long diskLengthBytes)
    {
        var builder = new Builder();
        foreach (var extent in _extents)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(extent.End, diskLengthBytes);
            var start = extent.Offset - (extent.Offset % unitBytes);
            var rest = extent.End % unitBytes;
            var end = rest == 0 ? extent.End : Math.Min(extent.End - rest + unitBytes, diskLengthBytes);
            builder.Add(start, end - start);
        }

        return builder.Build();
    }

    public IEnumerator<Extent> GetEnumerator() => ((IEnumerable<Extent>)_extents).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _extents.GetEnumerator();

    /// <summary>Builds a set from ranges that come in ascending order of their offsets.</summary>
    public sealed class Builder
    {
        private readonly List<Extent> _found = [];

        /// <exception cref="ArgumentException">The range starts before the one added last.</exception>
        public void Add(long offset, long lengthBytes)
        {
            if (lengthBytes == 0)
                return;
            if (_found.Count > 0)
            {
                var last = _found[^1];
                if (offset < last.Offset)
                    throw new ArgumentException("Extents must be added in ascending order.", nameof(offset));
                if (offset <= last.End)
                {
                    _found[^1] = new Extent(last.Offset, Math.Max(last.End, offset + lengthBytes) - last.Offset);
                    return;
                }
            }

            _found.Add(new Extent(offset, lengthBytes));
        }

        public ExtentSet Build() => new([.. _found]);
    }
}
