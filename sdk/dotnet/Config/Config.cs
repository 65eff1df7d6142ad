// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Immutable;

namespace VmMigrate.Sdk
{
    public static class Config
    {
        // Two underscores keep these names apart from those of config variables.
        private sealed class __Value<T>
        {
            private readonly Func<T> _getter;
            private T _value = default!;
            private bool _set;

            public __Value(Func<T> getter)
            {
                _getter = getter;
            }

            public T Get() => _set ? _value : _getter();

            public void Set(T value)
            {
                _value = value;
                _set = true;
            }
        }

        private static readonly global::Pulumi.Config __config = new global::Pulumi.Config("vmmigrate");

        private static readonly __Value<ImmutableDictionary<string, Types.Site>?> _sites = new __Value<ImmutableDictionary<string, Types.Site>?>(() => __config.GetObject<ImmutableDictionary<string, Types.Site>>("sites"));
        /// <summary>
        /// The places between which VMs move, by the names that migrations use.
        /// </summary>
        public static ImmutableDictionary<string, Types.Site>? Sites
        {
            get => _sites.Get();
            set => _sites.Set(value);
        }

        public static class Types
        {

            public class Site
            {
                /// <summary>
                /// A KVM or QEMU host run by libvirt.
                /// </summary>
                public Types.LibvirtSite? Libvirt { get; set; } = null!;
            }

            public class LibvirtSite
            {
                /// <summary>
                /// libvirt's connection URI: `qemu:///system`, `qemu+ssh://root@kvm1/system`, `qemu+unix:///session?socket=/path`, `qemu+tls://kvm1/system`, ...
                /// </summary>
                public string Uri { get; set; } = null!;
            }
        }
    }
}
