using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Google.Protobuf;
using MessagePack;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;
using VmMigrate.Host.Protos.Terraform;
using VmMigrate.Host.Resources;
using VmMigrate.Host.Terraform;

namespace VmMigrate.Host.Tests.Terraform;

public sealed class MsgpackTests
{
    private static readonly WireObject _sample = WireObject.Of(
        [
            new("text", FieldType.Text, ""),
            new("number", FieldType.Number, ""),
            new("flag", FieldType.Bool, ""),
            new("texts", FieldType.ListOf(FieldType.Text), ""),
            new("byName", FieldType.MapOf(FieldType.Of(new ObjectType("Inner", "", [new("someBytes", FieldType.Number, "")]))), ""),
        ],
        FieldRole.Input);

    private static readonly Gen<string> _text =
        Gen.ArrayOf(Gen.Elements('a', 'Z', '0', ' ', '"', '\n', 'é', '→', '\u4e2d', '\0')).Select(letters => new string(letters));

    private static readonly Gen<Value> _number = Gen.OneOf(
        Gen.Choose(int.MinValue, int.MaxValue).Select(number => Value.Number(number)),
        Gen.Elements(0, -1, 127, 128, -32, -33, 255, 256, 65535, 65536, 4294967296, 1L << 53, -(1L << 53)).Select(number => Value.Number(number)));

    [Property]
    public Property A_tree_comes_back_as_it_went_out() =>
        Prop.ForAll(Gen.Sized(Tree).ToArbitrary(), tree => MsgpackReader.Read(MsgpackWriter.ToBytes(tree)).Equals(tree));

    [Property]
    public Property A_whole_resource_comes_back_as_it_went_out()
    {
        var shape = new TerraformSchema(Package.Model).Resources["vmmigrate_migration"].Shape;
        return Prop.ForAll(
            Gen.Sized(size => Fitting(shape, size)).ToArbitrary(),
            value => TerraformCodec.Read(TerraformCodec.Write(value, shape), shape).Equals(value));
    }

    [Property]
    public Property Broken_bytes_are_refused_and_nothing_worse(byte[] bytes, NonNegativeInt cut)
    {
        // Bytes at random, and a good value cut short.
        var good = MsgpackWriter.ToBytes(Value.Map(("a", Value.List([Value.Text("b"), Value.Number(1), Value.Unknown]))));
        return (ReadsOrRefuses(bytes) && ReadsOrRefuses(good[..(cut.Get % good.Length)])).ToProperty();
    }

    [Theory]
    [InlineData("D40000")]
    [InlineData("C70000")]
    [InlineData("C70C0C820143C202A3646331")]
    [InlineData("D60C81010000")]
    public void Every_extension_is_an_unknown(string hex) =>
        Assert.Equal(Value.Unknown, MsgpackReader.Read(Convert.FromHexString(Pad(hex))));

    [Fact]
    public void An_unknown_is_sent_as_core_sends_it() => Assert.Equal("D40000", Convert.ToHexString(MsgpackWriter.ToBytes(Value.Unknown)));

    [Theory]
    [InlineData("A3302E31", 0.1)]
    [InlineData("CB3FE0000000000000", 0.5)]
    [InlineData("CFFFFFFFFFFFFFFFFF", 18446744073709551615.0)]
    [InlineData("D3FFFFFFFFFFFFFFFF", -1)]
    [InlineData("AA31303030303030302E35", 10000000.5)]
    public void Numbers_are_read_in_all_their_forms(string hex, double expected)
    {
        byte[] bytes = [0x85, .. Key("text"), 0xc0, .. Key("number"), .. Convert.FromHexString(hex), .. Key("flag"), 0xc0, .. Key("texts"), 0xc0, .. Key("by_name"), 0xc0];
        Assert.Equal(expected, TerraformCodec.Read(Dynamic(bytes), _sample)["number"].AsNumber);
    }

    [Fact]
    public void A_fraction_is_sent_in_decimal_since_core_compares_decimals()
    {
        Assert.Equal("A3302E31", Convert.ToHexString(MsgpackWriter.ToBytes(Value.Number(0.1))));
        Assert.Equal("05", Convert.ToHexString(MsgpackWriter.ToBytes(Value.Number(5))));
        Assert.Throws<FormatException>(() => MsgpackWriter.ToBytes(Value.Number(double.NaN)));
    }

    [Fact]
    public void All_attributes_are_sent_and_what_is_absent_is_null()
    {
        var sent = MsgpackReader.Read(TerraformCodec.Write(Value.Map(("byName", Value.Map(("k", Value.EmptyMap)))), _sample).Msgpack.Memory).AsMap!;
        Assert.Equal(["by_name", "flag", "number", "text", "texts"], sent.Entries.Keys);
        Assert.True(sent["by_name"]["k"].AsMap!.Entries.ContainsKey("some_bytes"));
    }

    [Fact]
    public void Nulls_in_maps_and_lists_stay()
    {
        var value = Value.Map(("texts", Value.List([Value.Null, Value.Text("a")])), ("byName", Value.Map(("k", Value.Null))));
        Assert.Equal(value, TerraformCodec.Read(TerraformCodec.Write(value, _sample), _sample));
    }

    [Fact]
    public void What_does_not_fit_the_schema_is_refused()
    {
        Assert.Throws<FormatException>(() => TerraformCodec.Read(Dynamic([0x81, .. Key("stranger"), 0xc0]), _sample));
        Assert.Throws<FormatException>(() => TerraformCodec.Read(Dynamic([0x81, .. Key("flag"), 0x01]), _sample));
        Assert.Throws<FormatException>(() => TerraformCodec.Write(Value.Map(("flag", Value.Number(1))), _sample));
    }

    [Fact]
    public void A_tree_that_is_too_deep_is_refused()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x91, 5000), 0xc0];
        Assert.Contains("nested", Assert.Throws<FormatException>(() => MsgpackReader.Read(deep)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_that_is_not_there_takes_no_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<FormatException>(() => MsgpackReader.Read(Convert.FromHexString("DD7FFFFFFF")));
        Assert.Throws<FormatException>(() => MsgpackReader.Read(Convert.FromHexString("DF7FFFFFFF")));
        Assert.Throws<FormatException>(() => MsgpackReader.Read(Convert.FromHexString("DB7FFFFFFF")));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void JSON_is_read_too_and_a_state_may_hold_what_is_no_longer_known()
    {
        var json = new DynamicValue { Json = ByteString.CopyFromUtf8("""{"text":"a","number":2.5,"flag":null,"texts":["x"],"by_name":null}""") };
        Assert.Equal(2.5, TerraformCodec.Read(json, _sample)["number"].AsNumber);
        var state = TerraformCodec.ReadState(ByteString.CopyFromUtf8("""{ "text": "a", "gone": {} }""").Memory, _sample);
        Assert.Equal("a", state["text"].AsText);
        Assert.Throws<FormatException>(() => TerraformCodec.ReadState(ByteString.CopyFromUtf8("{").Memory, _sample));
        Assert.True(TerraformCodec.IsNull(new DynamicValue()));
    }

    private static Gen<Value> Tree(int size) => size <= 1
        ? Gen.OneOf(_number, _text.Select(text => Value.Text(text)), Gen.Elements(Value.Null, Value.Unknown, Value.Bool(true), Value.Bool(false)))
        : Gen.OneOf(
            Tree(1),
            Gen.ListOf(Tree(size / 3)).Select(items => Value.List(items)),
            Gen.ListOf(_text.Zip(Tree(size / 3))).Select(Value (entries) => Value.Map(entries.Select(entry => KeyValuePair.Create(entry.Item1, entry.Item2)))));

    private static Gen<Value> Fitting(WireType type, int size) => type switch
    {
        WireScalar { Json: "string" } => _text.Select(text => Value.Text(text)),
        WireScalar { Json: "bool" } => Gen.Elements(Value.Bool(true), Value.Bool(false)),
        WireScalar => Gen.OneOf(_number, Gen.Elements(0.1, -1.5e-9, 1e300, 3.141592653589793).Select(number => Value.Number(number))),
        WireList list => Gen.ListOf(Fitting(list.Item, size / 2)).Select(items => Value.List(items.Take(3))),
        WireMap map => Gen.ListOf(_text.Zip(Fitting(map.Item, size / 2)))
            .Select(Value (entries) => Value.Map(entries.Take(3).Select(entry => KeyValuePair.Create(entry.Item1, entry.Item2)))),
        WireObject shape => Gen.CollectToArray(shape.Attributes.Select(attribute =>
                Gen.Frequency((3, Fitting(attribute.Type, size / 2)), (1, Gen.Constant(Value.Null)), (1, Gen.Constant(Value.Unknown)))))
            .Select(Value (values) => Value.Map(shape.Attributes
                .Select((attribute, index) => KeyValuePair.Create(attribute.Field.Name, values[index]))
                .Where(entry => !entry.Value.IsNull))),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static bool ReadsOrRefuses(byte[] bytes)
    {
        try
        {
            MsgpackReader.Read(bytes);
        }
        catch (FormatException)
        {
        }

        return true;
    }

    // The payload's length stands in the second byte of an ext 8; what is missing is filled up.
    private static string Pad(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        var length = bytes[0] switch { 0xc7 => 3 + bytes[1], 0xd6 => 6, _ => bytes.Length };
        return Convert.ToHexString([.. bytes, .. new byte[Math.Max(0, length - bytes.Length)]]);
    }

    private static byte[] Key(string name)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.Write(name);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static DynamicValue Dynamic(byte[] bytes) => new() { Msgpack = ByteString.CopyFrom(bytes) };
}
