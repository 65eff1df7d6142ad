using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Facts.Keys;
using VmMigrate.Tests;

namespace VmMigrate.Engine.Tests.Checks;

public sealed class CheckTests
{
    public static TheoryData<string> Ids => [.. CheckCases.All.Select(one => one.Id)];

    [Fact]
    public void Every_check_has_its_cases()
    {
        var tested = CheckCases.All.Select(one => one.Id).Concat(CheckCases.Elsewhere.Keys).ToList();

        Assert.Empty(CheckList.All.Select(check => check.Id).Except(tested));
        Assert.Empty(tested.Except(CheckList.All.Select(check => check.Id)));
        Assert.Empty(tested.GroupBy(id => id).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(CheckList.All, check => Assert.Equal(check.Rule.Elsewhere is not null, CheckCases.Elsewhere.ContainsKey(check.Id)));
    }

    [Fact]
    public void Every_test_that_is_named_elsewhere_is_there()
    {
        var tests = string.Join('\n', Directory.EnumerateFiles(Repository.At("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.EndsWith("CheckCases.cs", StringComparison.Ordinal)).Select(File.ReadAllText));

        Assert.All(CheckCases.Elsewhere.Values, name => Assert.Contains($" {name}(", tests, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_check_trips(string id)
    {
        var (check, one) = Find(id);

        var judgement = Judge(check, one.Trip(Subjects.For(check)));

        var finding = Assert.Single(judgement.Findings.Where(finding => finding.Id == id).Take(1));
        Assert.False(string.IsNullOrWhiteSpace(finding.Message));
        Assert.False(string.IsNullOrWhiteSpace(finding.Fix));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_check_passes_just_inside(string id)
    {
        var (check, one) = Find(id);

        var judgement = Judge(check, one.Inside(Subjects.For(check)));

        Assert.Empty(judgement.Findings.Where(finding => finding.Id == id));
        Assert.Equal("", string.Join(", ", judgement.NotJudged.Where(skipped => skipped.Check.Id == id).SelectMany(skipped => skipped.Missing)));
        Assert.Contains(id, judgement.Passed);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_check_does_not_pass_on_an_unknown_fact(string id)
    {
        var (check, one) = Find(id);
        if (one.Unknown is null)
        {
            Assert.False(string.IsNullOrWhiteSpace(one.Certain));
            return;
        }

        var judgement = Judge(check, one.Unknown(Subjects.For(check)));

        Assert.DoesNotContain(id, judgement.Passed);
        var skipped = Assert.Single(judgement.NotJudged, skipped => skipped.Check.Id == id);
        Assert.All(skipped.Missing, missing => Assert.False(string.IsNullOrWhiteSpace(missing.Why)));
    }

    [Fact]
    public void Nothing_impossible_can_be_waived() =>
        Assert.All(CheckList.All.Where(check => check.Weight == Weight.Impossible), check => Assert.False(check.Waivable));

    [Fact]
    public void Ids_and_aliases_are_unique()
    {
        var ids = CheckList.All.SelectMany(check => check.Aliases.Add(check.Id)).ToList();

        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(CheckList.All, check => Assert.Matches("^[a-z0-9./-]+$", check.Id));
        Assert.All(CheckList.All, check => Assert.All(check.Modes, mode => Assert.Contains(mode, "CWL")));
    }

    [Fact]
    public void Checks_that_cannot_see_their_facts_are_summed_up_in_one_finding()
    {
        var judgement = CheckList.Judge(Subjects.Between("libvirt", "libvirt"));

        var unknown = Assert.Single(judgement.Findings, finding => finding.Id == "facts.unknown");
        Assert.Equal(Severity.Note, unknown.Severity);
        Assert.Contains("cpu.arch", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("not declared", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_user_declares_of_one_disk_holds_for_that_disk_alone()
    {
        var subject = Subjects.Between("libvirt", "libvirt");
        subject = subject with
        {
            Vm = subject.Vm with { Disks = subject.Vm.Disks.Add(subject.Vm.Disks[0] with { Name = "vdb" }) },
            Declared = FactSet.Parse([KeyValuePair.Create("disk.rdm@vdb", "physical"), KeyValuePair.Create("disk.rdm", "none")], FactKeys.FindDeclared, "user"),
        };

        var finding = Assert.Single(CheckList.Judge(subject).Findings, finding => finding.Id == "disk.rdm");

        Assert.Equal("disk vdb", finding.Subject);
    }

    [Fact]
    public void What_a_platform_tells_goes_before_what_the_user_declares()
    {
        var subject = Subjects.Between("libvirt", "libvirt").With("disk.rdm=none");
        subject = subject with { Declared = FactSet.Parse([KeyValuePair.Create("disk.rdm", "physical")], FactKeys.FindDeclared, "user") };

        Assert.DoesNotContain(CheckList.Judge(subject).Findings, finding => finding.Id == "disk.rdm");
    }

    [Theory]
    [InlineData("libvirt", false)]
    [InlineData("vsphere", true)]
    public void A_Linux_by_any_name_runs_on_KVM(string target, bool trips)
    {
        var judgement = CheckList.Judge(Subjects.Between("libvirt", target).With("site.guestList=debian, rhel").With("guest.os=Home-made Linux 3"));

        Assert.Equal(trips, judgement.Findings.Any(finding => finding.Id == "os.supported"));
    }

    [Theory]
    [InlineData("Debian GNU/Linux 12 (bookworm)", false)]
    [InlineData("Rocky Linux 9.4", false)]
    [InlineData("Red Hat Enterprise Linux 9.4", true)]
    [InlineData("Microsoft Windows Server 2022", true)]
    public void A_system_that_is_free_needs_no_word_about_its_licence(string os, bool trips)
    {
        var judgement = CheckList.Judge(Subjects.Between("libvirt", "aws").With($"guest.os={os}"));

        Assert.Equal(trips, judgement.Findings.Any(finding => finding.Id == "lic.os-byol"));
    }

    [Fact]
    public void Every_example_of_a_fact_can_be_read() => Assert.All(FactKeys.All, key => Assert.NotNull(key.Parse(key.Example)));

    private static (Check Check, CheckCase Case) Find(string id) => (CheckList.Find(id)!, CheckCases.All.Single(one => one.Id == id));

    /// <summary>All checks judge; only this one is looked at, and it must have been asked.</summary>
    private static Judgement Judge(Check check, CheckSubject subject)
    {
        Assert.True(check.AppliesTo(subject), $"{check.Id} does not apply to {subject.From.Kind} > {subject.To.Kind}, {subject.Mode}");
        return CheckList.Judge(subject);
    }
}
