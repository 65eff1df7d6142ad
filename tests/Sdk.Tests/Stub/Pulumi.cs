// Stands in for the package Pulumi where that cannot be had: the types that the generated SDK and the examples use, with the public
// signatures of the real ones. A program runs on it for real, but talks to no engine: what it declares is kept in Deployment.Declared.
#nullable enable
using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading.Tasks;

namespace Pulumi
{
    public class Output<T>
    {
        internal Output(T value) => Value = value;

        public T Value { get; }

        public Output<U> Apply<U>(Func<T, U> func) => new(func(Value));

        public Output<U> Apply<U>(Func<T, Task<U>> func) => new(func(Value).GetAwaiter().GetResult());

        public Output<U> Apply<U>(Func<T, Input<U>?> func) => (Output<U>)func(Value)!;

        public Output<U> Apply<U>(Func<T, Output<U>?> func) => func(Value)!;
    }

    public static class Output
    {
        public static Output<T> Create<T>(T value) => new(value);

        public static Output<T> CreateSecret<T>(T value) => new(value);

        public static Output<ImmutableArray<T>> All<T>(params Input<T>[] inputs) => new(inputs.Select(input => input.Value).ToImmutableArray());

        public static Output<(T1, T2)> Tuple<T1, T2>(Input<T1> first, Input<T2> second) => new((first.Value, second.Value));
    }

    public interface IInput
    {
        object? Content { get; }
    }

    public class Input<T> : IInput
    {
        internal Input(T value) => Value = value;

        internal T Value { get; set; }

        public object? Content => Value;

        public static implicit operator Input<T>(T value) => new(value);

        public static implicit operator Input<T>(Output<T> value) => new(value.Value);

        public static implicit operator Output<T>(Input<T> input) => new(input.Value);
    }

    public sealed class InputList<T> : Input<ImmutableArray<T>>, IEnumerable
    {
        public InputList() : base(ImmutableArray<T>.Empty)
        {
        }

        public void Add(params Input<T>[] inputs) => Value = Value.AddRange(inputs.Select(input => input.Value));

        public static implicit operator InputList<T>(T[] values) => new() { Value = values.ToImmutableArray() };

        public static implicit operator InputList<T>(List<T> values) => new() { Value = values.ToImmutableArray() };

        public static implicit operator InputList<T>(Output<ImmutableArray<T>> values) => new() { Value = values.Value };

        IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)Value).GetEnumerator();
    }

    public sealed class InputMap<V> : Input<ImmutableDictionary<string, V>>, IEnumerable
    {
        public InputMap() : base(ImmutableDictionary<string, V>.Empty)
        {
        }

        public Input<V> this[string key]
        {
            set => Add(key, value);
        }

        public void Add(string key, Input<V> value) => Value = Value.Add(key, value.Value);

        public static implicit operator InputMap<V>(Dictionary<string, V> values) => new() { Value = values.ToImmutableDictionary() };

        public static implicit operator InputMap<V>(Output<ImmutableDictionary<string, V>> values) => new() { Value = values.Value };

        IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)Value).GetEnumerator();
    }

    public abstract class InputArgs
    {
    }

    public abstract class ResourceArgs : InputArgs
    {
        public static ResourceArgs Empty => new NoArgs();

        private sealed class NoArgs : ResourceArgs
        {
        }
    }

    public abstract class InvokeArgs : InputArgs
    {
        public static InvokeArgs Empty => new NoArgs();

        private sealed class NoArgs : InvokeArgs
        {
        }
    }

    public class Alias
    {
        public Input<string>? Type { get; set; }
    }

    public abstract class ResourceOptions
    {
        public Input<string>? Id { get; set; }

        public string? Version { get; set; }

        public string? PluginDownloadURL { get; set; }

        public ProviderResource? Provider { get; set; }
    }

    public sealed class CustomResourceOptions : ResourceOptions
    {
        private List<string>? _additionalSecretOutputs;

        public List<string> AdditionalSecretOutputs
        {
            get => _additionalSecretOutputs ??= new List<string>();
            set => _additionalSecretOutputs = value;
        }

        public static CustomResourceOptions Merge(CustomResourceOptions? options1, CustomResourceOptions? options2) => new()
        {
            Id = options2?.Id ?? options1?.Id,
            Version = options2?.Version ?? options1?.Version,
            PluginDownloadURL = options2?.PluginDownloadURL ?? options1?.PluginDownloadURL,
            Provider = options2?.Provider ?? options1?.Provider,
            AdditionalSecretOutputs = (options1?.AdditionalSecretOutputs ?? new()).Concat(options2?.AdditionalSecretOutputs ?? new()).ToList(),
        };
    }

    public abstract class Resource
    {
        private protected Resource(string type, string name, ResourceArgs? args, ResourceOptions? options) => Deployment.Declared.Add((type, name, args, options));
    }

    public class CustomResource : Resource
    {
        public CustomResource(string type, string name, ResourceArgs? args, CustomResourceOptions? options = null)
            : base(type, name, args, options)
        {
        }

        public Output<string> Id { get; } = Output.Create("");
    }

    public abstract class ProviderResource : CustomResource
    {
        public ProviderResource(string package, string name, ResourceArgs args, CustomResourceOptions? options = null)
            : base($"pulumi:providers:{package}", name, args, options)
        {
        }
    }

    public class InvokeOptions
    {
        public string? Version { get; set; }

        public string? PluginDownloadURL { get; set; }

        public ProviderResource? Provider { get; set; }
    }

    public sealed class InvokeOutputOptions : InvokeOptions
    {
    }

    public sealed class DeploymentInstance
    {
        public Task<T> InvokeAsync<T>(string token, InvokeArgs args, InvokeOptions? options = null) => throw new NotSupportedException();

        public Output<T> Invoke<T>(string token, InvokeArgs args, InvokeOptions? options = null) => throw new NotSupportedException();

        public Output<T> Invoke<T>(string token, InvokeArgs args, InvokeOutputOptions options) => throw new NotSupportedException();
    }

    public static class Deployment
    {
        public static List<(string Type, string Name, ResourceArgs? Args, ResourceOptions? Options)> Declared { get; } = new();

        public static IDictionary<string, object?>? Outputs { get; private set; }

        public static DeploymentInstance Instance { get; } = new();

        public static Task<int> RunAsync(Action action) => RunAsync(() =>
        {
            action();
            return new Dictionary<string, object?>();
        });

        public static Task<int> RunAsync(Func<IDictionary<string, object?>> func)
        {
            Outputs = func();
            return Task.FromResult(0);
        }

        public static async Task<int> RunAsync(Func<Task> func)
        {
            await func();
            return 0;
        }

        public static async Task<int> RunAsync(Func<Task<IDictionary<string, object?>>> func)
        {
            Outputs = await func();
            return 0;
        }
    }

    public sealed class Config
    {
        public Config(string? name = null)
        {
        }

        public static Dictionary<string, string> Values { get; } = new();

        public string? Get(string key) => Values.GetValueOrDefault(key);

        public bool? GetBoolean(string key) => throw new NotSupportedException();

        public int? GetInt32(string key) => throw new NotSupportedException();

        public double? GetDouble(string key) => throw new NotSupportedException();

        public T GetObject<T>(string key) => throw new NotSupportedException();

        public Output<string> RequireSecret(string key) => new(Require(key));

        public string Require(string key) => Get(key) ?? throw new InvalidOperationException($"The config has no {key}.");
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class OutputTypeAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Struct)]
    public sealed class EnumTypeAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Constructor)]
    public sealed class OutputConstructorAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Property)]
    public sealed class OutputAttribute : Attribute
    {
        public OutputAttribute(string? name = null) => Name = name;

        public string? Name { get; }
    }

    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
    public sealed class InputAttribute : Attribute
    {
        public InputAttribute(string name, bool required = false, bool json = false) => (Name, IsRequired, Json) = (name, required, json);

        public string Name { get; }

        public bool IsRequired { get; }

        public bool Json { get; }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public class ResourceTypeAttribute : Attribute
    {
        public ResourceTypeAttribute(string type, string? version) => (Type, Version) = (type, version);

        public string Type { get; }

        public string? Version { get; }
    }
}

namespace Pulumi.Serialization
{
    internal static class Nothing
    {
    }
}
