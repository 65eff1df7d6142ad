// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Outputs
{

    /// <summary>
    /// A network card of a VM.
    /// </summary>
    [OutputType]
    public sealed class NetworkCard
    {
        /// <summary>
        /// Its hardware address.
        /// </summary>
        public readonly string Mac;
        /// <summary>
        /// How the guest sees it.
        /// </summary>
        public readonly string? Model;
        /// <summary>
        /// The network it is on, as `target.networks` names it; `user` for the hypervisor's own user-mode network.
        /// </summary>
        public readonly string? Network;

        [OutputConstructor]
        private NetworkCard(
            string mac,

            string? model,

            string? network)
        {
            Mac = mac;
            Model = model;
            Network = network;
        }
    }
}
