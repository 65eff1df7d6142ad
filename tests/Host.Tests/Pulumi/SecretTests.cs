using VmMigrate.Engine.Values;
using VmMigrate.Host.Pulumi;
using VmMigrate.Host.Values;

namespace VmMigrate.Host.Tests.Pulumi;

public sealed class SecretTests
{
    [Theory]
    [InlineData("login with s3cret/pass failed", "login with [secret] failed")]
    [InlineData("sample://root:s3cret%2Fpass@host/", "sample://root:[secret]@host/")]
    [InlineData("a cab is no \"ab\"", "a cab is no \"[secret]\"")]
    [InlineData("line MIIEvQIBADANBg", "line [secret]")]
    [InlineData("number 123456", "number [secret]")]
    [InlineData("harmless", "harmless")]
    [InlineData("\u001b[31mred\u0007\n", "[31mred\n")]
    public void Known_secrets_and_control_characters_are_taken_out(string text, string expected)
    {
        var redactor = Redactor.None.With(
            Value.Map(
                ("a", Value.Secret(Value.Text("s3cret/pass"))),
                ("b", Value.List([Value.Secret(Value.Map(("c", Value.Text("ab")), ("d", Value.Number(123456))))])),
                ("key", Value.Secret(Value.Text("-----BEGIN KEY-----\nMIIEvQIBADANBg\n"))),
                ("open", Value.Text("harmless"))));

        Assert.Equal(expected, redactor.Clean(text));
    }

    [Fact]
    public void A_longer_secret_goes_before_a_shorter_one_that_it_contains()
    {
        var redactor = Redactor.None.With(Value.Secret(Value.List([Value.Text("pass"), Value.Text("password-1")])));

        Assert.Equal("[secret] and [secret]", redactor.Clean("password-1 and pass"));
    }

    [Fact]
    public void Marks_are_carried_to_the_same_place_and_over_whole_lists()
    {
        var marked = SecretMarks.Carry(
            Value.Map(
                ("a", Value.Map(("b", Value.Secret(Value.Text("x"))))),
                ("list", Value.List([Value.Text("p"), Value.Secret(Value.Text("q"))])),
                ("gone", Value.Secret(Value.Text("z")))),
            Value.Map(
                ("a", Value.Map(("b", Value.Text("x")), ("c", Value.Text("y")))),
                ("list", Value.List([Value.Text("q"), Value.Text("p")])),
                ("new", Value.Text("n"))));

        Assert.Equal(
            Value.Map(
                ("a", Value.Map(("b", Value.Secret(Value.Text("x"))), ("c", Value.Text("y")))),
                ("list", Value.Secret(Value.List([Value.Text("q"), Value.Text("p")]))),
                ("new", Value.Text("n"))),
            marked);
    }
}
