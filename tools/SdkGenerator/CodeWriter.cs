using System.Text;

namespace VmMigrate.SdkGenerator;

/// <summary>Lines with an indentation that follows the braces.</summary>
internal sealed class CodeWriter
{
    private const string Unit = "    ";

    private readonly StringBuilder text = new();
    private int depth;

    internal CodeWriter(params IEnumerable<string> usings)
    {
        Line("// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.");
        Line();
        var any = false;
        foreach (var name in usings)
        {
            Line($"using {name};");
            any = true;
        }

        if (any)
        {
            Line();
        }
    }

    internal void Line(string line = "") => text.Append(line.Length == 0 ? "" : string.Concat(Enumerable.Repeat(Unit, depth))).Append(line).Append('\n');

    internal void Lines(params IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Line(line);
        }
    }

    /// <summary>A line one step further in, such as a constructor's call of its base.</summary>
    internal void Continued(string line)
    {
        depth++;
        Line(line);
        depth--;
    }

    internal void Block(string header, Action body, string end = "}")
    {
        Line(header);
        Line("{");
        depth++;
        body();
        depth--;
        Line(end);
    }

    /// <summary>Nothing when there is nothing to say.</summary>
    internal void Summary(string comment)
    {
        if (comment.Length == 0)
        {
            return;
        }

        Line("/// <summary>");
        Lines(Escape(comment).Split('\n').Select(line => $"/// {line}"));
        Line("/// </summary>");
    }

    public override string ToString() => text.ToString();

    private static string Escape(string comment) =>
        comment.TrimEnd('\n').Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
