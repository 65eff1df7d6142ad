using System.Text;

namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>A server's own words, made fit for a message: short, one line, nothing that a terminal obeys.</summary>
internal static class ServerText
{
    private const int MaxChars = 300;

    internal static string Clean(ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MaxChars * 4)]);
        var clean = new StringBuilder(Math.Min(text.Length, MaxChars));
        foreach (var c in text)
        {
            if (clean.Length == MaxChars)
                break;
            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        return clean.ToString().Trim();
    }
}
