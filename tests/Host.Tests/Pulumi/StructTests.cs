using VmMigrate.Engine.Checks;
using VmMigrate.Host.Pulumi;
using static VmMigrate.Host.Tests.Pulumi.Wire;
using Proto = Google.Protobuf.WellKnownTypes;
using Value = VmMigrate.Engine.Values.Value;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class StructTests
{
    public static TheoryData<string> Sentinels =>
    [
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ];

    [Theory]
    [MemberData(nameof(Sentinels))]
    public void Every_sentinel_is_unknown_at_any_depth(string sentinel)
    {
        var value = StructReader.Read(Map(("a", Text(sentinel)), ("b", List(Of(("c", Secret(Text(sentinel))))))));

        Assert.Equal(
            Value.Map(("a", Value.Unknown), ("b", Value.List([Value.Map(("c", Value.Secret(Value.Unknown)))]))),
            value);
    }

    [Fact]
    public void What_is_read_is_written_again()
    {
        var source = Map(
            ("text", Text("x")),
            ("number", Number(9007199254740991)),
            ("flag", Flag(false)),
            ("list", List(Text("a"), Secret(Of(("deep", Secret(Text("b"))))))),
            ("unknown", Unknown),
            ("secret", Secret(Unknown)));

        Assert.Equal(source, StructWriter.Write(StructReader.Read(source), Unknowns.Keep));
    }

    [Fact]
    public void Null_and_absent_are_the_same()
    {
        Assert.Equal(Value.EmptyMap, StructReader.Read(Map(("a", Proto.Value.ForNull()), ("b", new Proto.Value()))));
        Assert.Equal(Value.EmptyMap, StructReader.Read(null));
        Assert.Empty(StructWriter.Write(Value.Map(("a", Value.Null)), Unknowns.Keep).Fields);
    }

    [Fact]
    public void A_resource_reference_stands_for_its_id()
    {
        Proto.Value Reference(params (string, Proto.Value)[] more) =>
            Of([(WireMarks.Signature, Text(WireMarks.ResourceReference)), ("urn", Text("urn:x")), .. more]);

        var value = StructReader.Read(Map(
            ("custom", Reference(("id", Text("i-1")))),
            ("unknown", Reference(("id", Unknown))),
            ("empty", Reference(("id", Text("")))),
            ("component", Reference())));

        Assert.Equal(
            Value.Map(("custom", Value.Text("i-1")), ("unknown", Value.Unknown), ("empty", Value.Unknown), ("component", Value.Text("urn:x"))),
            value);
    }

    [Fact]
    public void An_output_value_stands_for_its_content()
    {
        Proto.Value Output(params (string, Proto.Value)[] more) => Of([(WireMarks.Signature, Text(WireMarks.OutputValue)), .. more]);

        var value = StructReader.Read(Map(
            ("known", Output(("value", Text("a")), ("dependencies", List(Text("urn:x"))))),
            ("secret", Output(("value", Text("b")), ("secret", Flag(true)))),
            ("unknown", Output()),
            ("both", Output(("secret", Flag(true))))));

        Assert.Equal(
            Value.Map(("known", Value.Text("a")), ("secret", Value.Secret(Value.Text("b"))), ("unknown", Value.Unknown), ("both", Value.Secret(Value.Unknown))),
            value);
    }

    [Theory]
    [InlineData(WireMarks.Asset)]
    [InlineData(WireMarks.Archive)]
    [InlineData(WireMarks.ByteString)]
    [InlineData("of a later version")]
    public void What_no_property_takes_is_refused_at_its_place(string signature)
    {
        var findings = new List<Finding>();

        var value = StructReader.Read(Map(("a", List(Of(("b", Of((WireMarks.Signature, Text(signature)), ("text", Text("x")))))))), findings);

        Assert.Equal("a[0].b", Assert.Single(findings).At.ToString());
        Assert.Equal(Value.Map(("a", Value.List([Value.EmptyMap]))), value);
    }

    [Fact]
    public void Nesting_has_an_end()
    {
        var value = Text("x");
        for (var i = 0; i < 1000; i++)
        {
            value = Of(("a", value));
        }

        Assert.Equal("input.too-deep", Assert.Single(Assert.Throws<UnreadablePropertyException>(() => StructReader.Read(Map(("a", value)))).Findings).Id);
    }

    [Fact]
    public void Outputs_of_a_preview_leave_unknowns_out_at_the_top_only()
    {
        var written = StructWriter.Write(
            Value.Map(("a", Value.Unknown), ("b", Value.Map(("c", Value.Unknown))), ("d", Value.Secret(Value.Unknown))), Unknowns.LeaveOutAtTop);

        Assert.Equal(Map(("b", Of(("c", Unknown))), ("d", Secret(Unknown))), written);
    }

    [Fact]
    public void Outside_of_a_preview_no_unknown_is_sent()
    {
        var written = StructWriter.Write(
            Value.Map(("a", Value.Unknown), ("b", Value.Map(("c", Value.Secret(Value.Unknown)))), ("d", Value.List([Value.Unknown]))), Unknowns.LeaveOut);

        Assert.Equal(Map(("b", Of()), ("d", List(Proto.Value.ForNull()))), written);
    }

    [Fact]
    public void Numbers_that_JSON_has_no_word_for_are_null() =>
        Assert.Equal(Map(("a", Proto.Value.ForNull())), StructWriter.Write(Value.Map(("a", Value.Number(double.NaN))), Unknowns.Keep));

    [Fact]
    public void Any_tree_that_is_written_is_read_back_the_same()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var tree = Value.Map(Enumerable.Range(0, 3).Select(i => KeyValuePair.Create($"field{i}", Tree(random, 4))));

            Assert.Equal(tree, StructReader.Read(Proto.Struct.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(StructWriter.Write(tree, Unknowns.Keep)))));
        }
    }

    /// <summary>Without null in maps, which is the same as absent.</summary>
    private static Value Tree(Random random, int depth) => random.Next(depth == 0 ? 5 : 9) switch
    {
        0 => Value.Unknown,
        1 => Value.Bool(random.Next(2) == 0),
        2 => Value.Number(random.Next(3) == 0 ? random.NextDouble() * 1e300 : random.Next(-1000, 1000)),
        3 => Value.Text(string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(10) == 0 ? "\U0001F5C4" : $"{(char)random.Next(1, 0xD7FF)}"))),
        4 => Value.Secret(depth == 0 ? Value.Text("s") : Bare(Tree(random, depth - 1))),
        5 or 6 => Value.List(Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(8) == 0 ? Value.Null : Tree(random, depth - 1)).ToList()),
        _ => Value.Map(Enumerable.Range(0, random.Next(4)).Select(i => KeyValuePair.Create($"k {i}", Tree(random, depth - 1))).ToList()),
    };

    private static Value Bare(Value value) => value.Bare;
}
