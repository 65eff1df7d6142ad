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
    /// The guest answers an HTTP GET.
    /// </summary>
    public sealed class HttpProbe : global::Pulumi.InvokeArgs
    {
        /// <summary>
        /// A text that the answer's body has to contain.
        /// </summary>
        [Input("contains")]
        public string? Contains { get; set; }

        /// <summary>
        /// How long the whole answer may take. A duration with its unit, such as `30s` or `2m`.
        /// </summary>
        [Input("maxLatency")]
        public string? MaxLatency { get; set; }

        /// <summary>
        /// The status code that counts. Redirects are not followed.
        /// </summary>
        [Input("status")]
        public int? Status { get; set; }

        /// <summary>
        /// Where to ask, from the machine where the provider runs. `{guest}` stands for the guest's first address as its agent tells it.
        /// </summary>
        [Input("url", required: true)]
        public string Url { get; set; } = null!;

        /// <summary>
        /// Whether a TLS certificate that does not fit the host fails the probe.
        /// </summary>
        [Input("verifyCertificate")]
        public bool? VerifyCertificate { get; set; }

        public HttpProbe()
        {
            Status = 200;
            VerifyCertificate = true;
        }
        public static new HttpProbe Empty => new HttpProbe();
    }
}
