// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk
{
    /// <summary>
    /// Moves virtual machines between platforms as declared resources: previewed, proven, reversible.
    /// </summary>
    [SdkResourceType("pulumi:providers:vmmigrate")]
    public partial class Provider : global::Pulumi.ProviderResource
    {
        /// <summary>
        /// Declares a Provider.
        /// </summary>
        /// <param name="name">A name that no other resource of its type has in the stack.</param>
        /// <param name="args">What is declared.</param>
        /// <param name="options">How the engine treats it.</param>
        public Provider(string name, ProviderArgs args, CustomResourceOptions? options = null)
            : base("vmmigrate", name, args ?? new ProviderArgs(), MakeResourceOptions(options, ""))
        {
        }

        private static CustomResourceOptions MakeResourceOptions(CustomResourceOptions? options, Input<string>? id)
        {
            var defaultOptions = new CustomResourceOptions
            {
                Version = Utilities.Version,
            };
            var merged = CustomResourceOptions.Merge(defaultOptions, options);
            // An id that is given here wins over one in the options, as in every language.
            merged.Id = id ?? merged.Id;
            return merged;
        }
    }

    public sealed class ProviderArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// One limit over everything that runs: `200 Mbit/s`, or a timetable such as `08:00-18:00: 200 Mbit/s; 18:00-22:00: 1 Gbit/s` (this machine's time; no limit outside the windows, or the one without a window). Without it there is no limit.
        /// </summary>
        [Input("bandwidth")]
        public Input<string>? Bandwidth { get; set; }

        /// <summary>
        /// A file on the provider's machine with such a text. It is read again every 2 seconds, so that the limit can be changed while copies run; while there is no file, `bandwidth` counts.
        /// </summary>
        [Input("bandwidthFile")]
        public Input<string>? BandwidthFile { get; set; }

        /// <summary>
        /// How long a lost link or disk server may stay away while disks are copied: it is tried again until then, and nothing that is done is done again. Without it: 2 minutes. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("linkPatience")]
        public Input<string>? LinkPatience { get; set; }

        /// <summary>
        /// Thresholds of preview for all migrations; a migration's own `policy` goes before them.
        /// </summary>
        [Input("policy", json: true)]
        public Input<Inputs.PolicyArgs>? Policy { get; set; }

        [Input("sites", required: true, json: true)]
        private InputMap<Inputs.SiteArgs>? _sites;

        /// <summary>
        /// The places between which VMs move, by the names that migrations use.
        /// </summary>
        public InputMap<Inputs.SiteArgs> Sites
        {
            get => _sites ?? (_sites = new InputMap<Inputs.SiteArgs>());
            set => _sites = value;
        }

        [Input("sshKeys", json: true)]
        private InputMap<string>? _sshKeys;

        /// <summary>
        /// Private keys by name, in the form of OpenSSH's files without a passphrase, for probes that run a command in the guest.
        /// </summary>
        public InputMap<string> SshKeys
        {
            get => _sshKeys ?? (_sshKeys = new InputMap<string>());
            set
            {
                var emptySecret = Output.CreateSecret(ImmutableDictionary.Create<string, string>());
                _sshKeys = Output.All(value, emptySecret).Apply(v => v[0]);
            }
        }

        public ProviderArgs()
        {
        }
        public static new ProviderArgs Empty => new ProviderArgs();
    }
}
