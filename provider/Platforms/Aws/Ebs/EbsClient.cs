using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using VmMigrate.Engine.Contracts;

namespace VmMigrate.Platforms.Aws.Ebs;

/// <summary>A block that a snapshot has.</summary>
internal readonly record struct ListedBlock(int Index, string Token);

/// <summary>One answer of a list of blocks.</summary>
/// <param name="NextIndex">The first index that it does not tell; null at the end.</param>
internal sealed record BlockPage(IReadOnlyList<ListedBlock> Blocks, int? NextIndex);

/// <summary>The EBS direct APIs. Every call is safe to repeat, and is repeated when the service is busy, spoilt a block, or did not answer.</summary>
/// <remarks>"EBS direct APIs" in the EBS user guide and API reference; the version of 2019-11-02.</remarks>
internal sealed class EbsClient(AwsConnection connection, EbsPace pace, TimeProvider time)
{
    internal const int BlockBytes = 512 << 10;

    /// <summary>The most that one list call tells.</summary>
    private const int PageBlocks = 5000;

    /// <summary>How long the service may refuse for its rate, or be away, before that is a failure. A copy of days must survive an hour's trouble of somebody else's making.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>How long a snapshot that was begun a moment ago may not be known to every part of the service.</summary>
    private static readonly TimeSpan ConsistencyPatience = TimeSpan.FromSeconds(60);

    private const int MostSpoilt = 8;

    private readonly ConcurrentDictionary<string, long> _begun = new(StringComparer.Ordinal);

    internal EbsPace Pace => pace;

    /// <summary>Begins a snapshot that takes blocks.</summary>
    /// <param name="token">Makes a repeat of the call give the same snapshot.</param>
    internal async Task<string> StartAsync(int sizeGib, string? parent, string? kmsKey, IReadOnlyDictionary<string, string> tags, string description, string token, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["VolumeSize"] = sizeGib,
            ["Description"] = description,
            ["ClientToken"] = token,
            ["Timeout"] = 4320,
            ["Tags"] = new JsonArray([.. tags.Select(tag => new JsonObject { ["Key"] = tag.Key, ["Value"] = tag.Value })]),
        };
        if (parent is not null)
        {
            body["ParentSnapshotId"] = parent;
        }
        else if (kmsKey is not null)
        {
            body["Encrypted"] = true;
            body["KmsKeyArn"] = kmsKey;
        }

        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var reply = await JsonAsync($"starting a snapshot{(parent is null ? "" : " on " + parent)}", HttpMethod.Post, "/snapshots", [], [], () => new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } }, hash, cancellation).ConfigureAwait(false);
        var id = reply.RootElement.GetProperty("SnapshotId").GetString()!;
        _begun[id] = time.GetTimestamp();
        return id;
    }

    /// <param name="content">A whole block; its memory is the caller's until the call returns.</param>
    /// <param name="hash">SHA-256 of the content.</param>
    internal async Task PutAsync(string snapshot, int index, ReadOnlyMemory<byte> content, byte[] hash, CancellationToken cancellation)
    {
        var checksum = Convert.ToBase64String(hash);
        using var reply = await SendAsync(
            $"writing block {index} of {snapshot}", HttpMethod.Put, $"/snapshots/{snapshot}/blocks/{index.ToString(CultureInfo.InvariantCulture)}", [],
            [("x-amz-checksum", checksum), ("x-amz-checksum-algorithm", "SHA256"), ("x-amz-data-length", "524288")],
            () => new ReadOnlyMemoryContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
            Convert.ToHexStringLower(hash),
            async (answer, _) =>
            {
                if (!answer.Headers.TryGetValues("x-amz-Checksum", out var told) || told.First() != checksum)
                {
                    throw new SpoiltException($"EBS acknowledged block {index} of {snapshot} with another checksum");
                }

                await answer.Content.LoadIntoBufferAsync(cancellation).ConfigureAwait(false);
            },
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Seals a snapshot. It becomes <c>completed</c> some time after.</summary>
    /// <param name="hashes">Of the blocks that were put, in ascending order of their indices.</param>
    internal async Task CompleteAsync(string snapshot, int blocks, IEnumerable<byte[]> hashes, CancellationToken cancellation)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var hash in hashes)
        {
            sum.AppendData(hash);
        }

        var headers = new List<(string, string)> { ("x-amz-changedblockscount", blocks.ToString(CultureInfo.InvariantCulture)) };
        if (blocks > 0)
        {
            headers.AddRange([("x-amz-checksum", Convert.ToBase64String(sum.GetHashAndReset())), ("x-amz-checksum-aggregation-method", "LINEAR"), ("x-amz-checksum-algorithm", "SHA256")]);
        }

        using var reply = await JsonAsync($"completing {snapshot}", HttpMethod.Post, $"/snapshots/completion/{snapshot}", [], headers, null, null, cancellation).ConfigureAwait(false);
    }

    /// <summary>The blocks that a completed snapshot has, from an index on.</summary>
    internal Task<BlockPage> ListAsync(string snapshot, int from, CancellationToken cancellation) =>
        PageAsync($"listing the blocks of {snapshot}", $"/snapshots/{snapshot}/blocks", [("maxResults", Text(PageBlocks)), ("startingBlockIndex", Text(from))], "Blocks", "BlockToken", cancellation);

    /// <summary>The blocks that differ between two snapshots of one line, from an index on. Blocks that the second does not have come with an empty token.</summary>
    internal Task<BlockPage> ListChangedAsync(string first, string second, int from, CancellationToken cancellation) =>
        PageAsync($"listing what changed from {first} to {second}", $"/snapshots/{second}/changedblocks", [("firstSnapshotId", first), ("maxResults", Text(PageBlocks)), ("startingBlockIndex", Text(from))], "ChangedBlocks", "SecondBlockToken", cancellation);

    /// <summary>Reads a block, checked against its checksum.</summary>
    internal async Task GetAsync(string snapshot, ListedBlock block, Memory<byte> into, CancellationToken cancellation)
    {
        using var reply = await SendAsync(
            $"reading block {block.Index} of {snapshot}", HttpMethod.Get, $"/snapshots/{snapshot}/blocks/{Text(block.Index)}", [("blockToken", block.Token)], [], null, null,
            async (answer, cancel) =>
            {
                using var body = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
                await body.ReadExactlyAsync(into, cancel).ConfigureAwait(false);
                if (!answer.Headers.TryGetValues("x-amz-Checksum", out var told) || told.First() != Convert.ToBase64String(SHA256.HashData(into.Span)))
                {
                    throw new SpoiltException($"what EBS sent for block {block.Index} of {snapshot} is not what its checksum says");
                }
            },
            cancellation).ConfigureAwait(false);
    }

    private async Task<BlockPage> PageAsync(string what, string path, List<(string, string)> query, string list, string token, CancellationToken cancellation)
    {
        while (true)
        {
            using var reply = await JsonAsync(what, HttpMethod.Get, path, query, [], null, null, cancellation).ConfigureAwait(false);
            var blocks = new List<ListedBlock>();
            foreach (var block in reply.RootElement.GetProperty(list).EnumerateArray())
            {
                blocks.Add(new ListedBlock(block.GetProperty("BlockIndex").GetInt32(), block.TryGetProperty(token, out var value) ? value.GetString()! : ""));
            }

            var next = reply.RootElement.TryGetProperty("NextToken", out var told) && told.GetString() is { Length: > 0 } text ? text : null;
            if (next is null || blocks.Count > 0)
            {
                return new BlockPage(blocks, next is null ? null : blocks[^1].Index + 1);
            }

            // Where blocks are scarce a page may be empty and not the last: only a missing token ends a list ("Frequently asked questions for EBS direct APIs").
            query = [.. query.Where(pair => pair.Item1 is not ("startingBlockIndex" or "pageToken")), ("pageToken", next)];
        }
    }

    private async Task<JsonDocument> JsonAsync(
        string what, HttpMethod method, string path, List<(string, string)> query, List<(string, string)> headers, Func<HttpContent>? body, string? hash, CancellationToken cancellation)
    {
        JsonDocument? document = null;
        using var reply = await SendAsync(
            what, method, path, query, headers, body, hash,
            async (answer, cancel) =>
            {
                try
                {
                    document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
                }
                catch (JsonException e)
                {
                    throw new SpoiltException($"the answer is no JSON: {e.Message}");
                }
            },
            cancellation).ConfigureAwait(false);
        return document!;
    }

    /// <param name="take">Takes the answer in; what it throws as spoilt or broken is asked for again.</param>
    private async Task<HttpResponseMessage> SendAsync(
        string what, HttpMethod method, string path, IReadOnlyList<(string, string)> query, IReadOnlyList<(string, string)> headers, Func<HttpContent>? body, string? hash,
        Func<HttpResponseMessage, CancellationToken, Task> take, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        var spoilt = 0;
        for (var attempt = 0; ; attempt++)
        {
            string why;
            Exception? cause = null;
            var code = "";
            try
            {
                await pace.TakeAsync(cancellation).ConfigureAwait(false);
                var content = body?.Invoke();
                var reply = await connection.Http.SendAsync(method, "ebs", path, query, headers, content, hash, cancellation).ConfigureAwait(false);
                try
                {
                    if (reply.IsSuccessStatusCode)
                    {
                        await take(reply, cancellation).ConfigureAwait(false);
                        return reply;
                    }

                    (code, why) = SignedHttp.ReadError(reply, await reply.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
                }
                catch
                {
                    reply.Dispose();
                    throw;
                }

                var isSlow = code is "RequestThrottledException" or "ThrottlingException" or "RequestThrottled" or "ConcurrentLimitExceededException" || reply.StatusCode == HttpStatusCode.TooManyRequests;
                // The content was spoilt on its way there: the same words as for a parameter that is wrong for ever, so only so often.
                var isSpoilt = body is not null && code == "ValidationException" && why.Contains("checksum", StringComparison.OrdinalIgnoreCase);
                var status = reply.StatusCode;
                reply.Dispose();
                if (isSlow)
                {
                    pace.Slow();
                }
                else if (isSpoilt ? ++spoilt > MostSpoilt : (int)status < 500 && !(code == "ResourceNotFoundException" && IsNew(path)))
                {
                    throw new PlatformException(Kind(code, why, status), connection.SiteName, $"{what} failed: {why.TrimEnd('.')} ({code}).{AwsErrors.Advice(code)}") { NativeCode = code };
                }
            }
            catch (SpoiltException e)
            {
                if (++spoilt > MostSpoilt)
                {
                    throw new PlatformException(PlatformErrorKind.Lost, connection.SiteName, $"{what} failed {spoilt} times: {e.Message}.", e);
                }

                (why, cause) = (e.Message, e);
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                (why, cause) = (e.Message, e);
            }
            catch (Exception e) when (e is AmazonServiceException or AmazonClientException)
            {
                throw AwsErrors.Map(e, connection.SiteName, what);
            }

            if (time.GetElapsedTime(since) > Patience)
            {
                throw new PlatformException(code.Length > 0 ? PlatformErrorKind.Busy : PlatformErrorKind.Unreachable, connection.SiteName, $"{what} failed for {Patience.TotalMinutes:0} min: {why}", cause) { NativeCode = code };
            }

            // Full jitter, to 5 s.
            var most = Math.Min(5000, 20 * Math.Pow(2, Math.Min(attempt, 10)));
            await Task.Delay(TimeSpan.FromMilliseconds(1 + (RandomNumberGenerator.GetInt32(1000) * most / 1000)), time, cancellation).ConfigureAwait(false);
        }
    }

    private bool IsNew(string path) =>
        path.Split('/').Any(part => _begun.TryGetValue(part, out var at) && time.GetElapsedTime(at) < ConsistencyPatience);

    private static PlatformErrorKind Kind(string code, string why, HttpStatusCode status) =>
        why.Contains("UNRELATED_SNAPSHOTS", StringComparison.Ordinal) ? PlatformErrorKind.Unsupported : AwsErrors.Kind(code, status);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class SpoiltException(string message) : Exception(message);
}
