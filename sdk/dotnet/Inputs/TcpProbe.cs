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
    public sealed class TcpProbe : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// Name or address to connect to. Default: the guest's first address as its agent tells it.
        /// </summary>
        [Input("host")]
        public string? Host { get; set; }

        /// <summary>
        /// The port.
        /// </summary>
        [Input("port", required: true)]
        public int Port { get; set; }

        public TcpProbe()
        {
        }
        public static new TcpProbe Empty => new TcpProbe();
    }
}
