using System.Globalization;
using System.Text;
using System.Xml;
using VmMigrate.Engine.Checks;

namespace VmMigrate.Engine.Reports;

/// <summary>The report as JUnit XML, which CI systems show: one test case for each VM, failed where it is blocked.</summary>
public static class ReportJUnit
{
    public static void Write(PreflightReport report, Stream to)
    {
        using var xml = XmlWriter.Create(to, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false), CheckCharacters = false });
        var (tests, failures) = (report.Vms.Length.ToString(CultureInfo.InvariantCulture), report.Count(Verdict.Blocked).ToString(CultureInfo.InvariantCulture));
        xml.WriteStartElement("testsuites");
        Counts(xml, "vmmigrate preflight", tests, failures);
        foreach (var suite in report.Vms.GroupBy(vm => $"{vm.From} to {vm.To}"))
        {
            xml.WriteStartElement("testsuite");
            Counts(
                xml, suite.Key, suite.Count().ToString(CultureInfo.InvariantCulture), suite.Count(vm => vm.Verdict == Verdict.Blocked).ToString(CultureInfo.InvariantCulture));
            xml.WriteAttributeString("timestamp", report.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
            foreach (var vm in suite)
            {
                Case(xml, vm);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Counts(XmlWriter xml, string name, string tests, string failures)
    {
        xml.WriteAttributeString("name", Clean(name));
        xml.WriteAttributeString("tests", tests);
        xml.WriteAttributeString("failures", failures);
        xml.WriteAttributeString("errors", "0");
        xml.WriteAttributeString("skipped", "0");
        xml.WriteAttributeString("time", "0");
    }

    private static void Case(XmlWriter xml, VmReport vm)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Clean($"{vm.From}.{vm.To}"));
        xml.WriteAttributeString("name", Clean(vm.Vm));
        xml.WriteAttributeString("time", "0");
        var errors = vm.Findings.Where(finding => finding.Severity == Severity.Error).ToList();
        if (errors.Count > 0)
        {
            xml.WriteStartElement("failure");
            xml.WriteAttributeString("type", errors[0].Id);
            xml.WriteAttributeString("message", Clean($"{Words.Count(errors.Count, "blocking finding")}: {string.Join(", ", errors.Select(finding => finding.Id).Distinct())}"));
            xml.WriteString(Clean(string.Join('\n', errors.Select(Line))));
            xml.WriteEndElement();
        }

        xml.WriteStartElement("system-out");
        xml.WriteString(Clean(string.Join('\n', vm.Findings.Where(finding => finding.Severity != Severity.Error).Select(Line).Prepend(vm.Summary))));
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static string Line(Finding finding) =>
        $"{Words.Of(finding.Severity)}: {finding.Id}{(finding.At.IsRoot ? "" : $" at {finding.At}")}{(finding.Subject is { } subject ? $" ({subject})" : "")}: {finding.Message}{Words.Waiver(finding)}";

    /// <summary>Names come from platforms: what XML 1.0 cannot hold is left out.</summary>
    private static string Clean(string text) => text.All(XmlConvert.IsXmlChar) ? text : Paired(text);

    private static string Paired(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // A lone half of a pair comes out of the enumeration as U+FFFD.
            if (rune.Value > 0xFFFF || XmlConvert.IsXmlChar((char)rune.Value))
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString();
    }
}
