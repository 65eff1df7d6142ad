using Google.Protobuf.Collections;
using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Terraform;

namespace VmMigrate.Host.Terraform;

/// <summary>Makes Terraform's diagnostics: in its words, on its attribute paths, without secrets.</summary>
internal sealed class TerraformDiagnostics(TerraformText text, SecretRedactor redactor)
{
    // A heading that fits one line of a wide terminal.
    private const int LongestSummary = 200;

    /// <summary>Adds errors and warnings. Notes have no place in this protocol: the caller shows them where there is something to add them to.</summary>
    internal void Add(RepeatedField<Diagnostic> to, IEnumerable<Finding> findings, WireObject shape)
    {
        foreach (var finding in findings.Where(finding => finding.Severity != Severity.Note))
        {
            var diagnostic = Of(
                finding.Severity == Severity.Error ? Diagnostic.Types.Severity.Error : Diagnostic.Types.Severity.Warning,
                WithSubject(finding));
            var path = Path(finding.At, shape);
            var where = path.Steps.Count == 0 ? $"({finding.Id})" : $"At {Write(path)} ({finding.Id}).";
            diagnostic.Detail = diagnostic.Detail.Length == 0 ? where : $"{diagnostic.Detail} {where}";
            if (path.Steps.Count > 0)
            {
                diagnostic.Attribute = Shown(path);
            }

            to.Add(diagnostic);
        }
    }

    internal void Error(RepeatedField<Diagnostic> to, string message) => to.Add(Of(Diagnostic.Types.Severity.Error, message));

    internal void Warning(RepeatedField<Diagnostic> to, string message) => to.Add(Of(Diagnostic.Types.Severity.Warning, message));

    /// <summary>A warning whose detail is laid out in lines of its own.</summary>
    internal void Warning(RepeatedField<Diagnostic> to, string summary, IEnumerable<string> lines) => to.Add(new Diagnostic
    {
        Severity = Diagnostic.Types.Severity.Warning,
        Summary = Clean(summary),
        Detail = Clean(string.Join('\n', lines)),
    });

    internal string Clean(string message) => redactor.Redact(text.Localize(message));

    /// <summary>In Terraform's names, as far as the schema knows the way: core shows the line in the file that the path leads to.</summary>
    internal static AttributePath Path(PropertyPath at, WireObject shape)
    {
        var path = new AttributePath();
        WireType? here = shape;
        foreach (var step in at.Steps)
        {
            switch (here, step)
            {
                case (WireObject block, { Name: { } name }) when block.FindField(name) is { } attribute:
                    path.Steps.Add(new AttributePath.Types.Step { AttributeName = attribute.Name });
                    here = attribute.Type;
                    break;
                case (WireMap map, { Name: { } key }):
                    path.Steps.Add(new AttributePath.Types.Step { ElementKeyString = key });
                    here = map.Item;
                    break;
                case (WireList list, { Index: { } index }):
                    path.Steps.Add(new AttributePath.Types.Step { ElementKeyInt = index });
                    here = list.Item;
                    break;
                default:
                    return path;
            }
        }

        return path;
    }

    /// <summary>
    /// The part of a path for which core finds the line in the file: an attribute of the block itself and, right behind it, an index.
    /// It looks up deeper names as if they stood in the block, and so shows the block's first line, or a line that has nothing to do with it.
    /// </summary>
    private static AttributePath Shown(AttributePath path)
    {
        var shown = new AttributePath();
        shown.Steps.AddRange(path.Steps.Take(path.Steps is [_, { AttributeName: "" }, ..] ? 2 : 1));
        return shown;
    }

    private static string Write(AttributePath path)
    {
        var at = new System.Text.StringBuilder();
        foreach (var step in path.Steps)
        {
            at.Append(step.SelectorCase switch
            {
                AttributePath.Types.Step.SelectorOneofCase.AttributeName => at.Length == 0 ? step.AttributeName : "." + step.AttributeName,
                AttributePath.Types.Step.SelectorOneofCase.ElementKeyString => $"[\"{step.ElementKeyString}\"]",
                _ => $"[{step.ElementKeyInt}]",
            });
        }

        return at.ToString();
    }

    private static string WithSubject(Finding finding) =>
        finding.Subject is { } subject && !finding.Message.Contains(subject, StringComparison.Ordinal) ? $"{subject}: {finding.Message}" : finding.Message;

    private Diagnostic Of(Diagnostic.Types.Severity severity, string message)
    {
        var (summary, detail) = Split(Clean(message));
        return new Diagnostic { Severity = severity, Summary = summary, Detail = detail };
    }

    /// <summary>The first sentence is the heading. It must tell one finding from another: core folds warnings with equal headings into one.</summary>
    private static (string Summary, string Detail) Split(string message)
    {
        var firstLine = message.IndexOf('\n', StringComparison.Ordinal);
        for (var i = 0; i + 2 < message.Length && i < LongestSummary && (firstLine < 0 || i < firstLine); i++)
        {
            if (message[i] is '.' or '!' or '?' && message[i + 1] == ' ' && (char.IsAsciiLetterUpper(message[i + 2]) || message[i + 2] is '"' or '`'))
            {
                return (message[..i].TrimEnd('.') + (message[i] == '.' ? "" : message[i]), message[(i + 2)..]);
            }
        }

        return firstLine is > 0 and <= LongestSummary ? (message[..firstLine], message[(firstLine + 1)..])
            : message.Length <= LongestSummary && firstLine < 0 ? (message.TrimEnd('.'), "")
            : ("The migration needs attention", message);
    }
}
