// Generated from schema.json by SdkGenerator. An edit by hand is lost the next time.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading.Tasks;
using Pulumi.Serialization;
using Pulumi;

namespace VmMigrate.Sdk.Inputs
{

    /// <summary>
    /// The guest accepts a TCP connection.
    /// </summary>
    public sealed class TcpProbeArgs : global::Pulumi.ResourceArgs
    {
        /// <summary>
        /// Name or address to connect to. Default: the guest's first address as its agent tells it.
        /// </summary>
        [Input("host")]
        public Input<string>? Host { get; set; }

        /// <summary>
        /// The port.
        /// </summary>
        [Input("port", required: true)]
        public Input<int> Port { get; set; } = null!;

        public TcpProbeArgs()
        {
        }
        public static new TcpProbeArgs Empty => new TcpProbeArgs();
    }
}
