"""A small S3 server that recomputes every signature with botocore. `s3_server.py FOLDER`: files below FOLDER are the
objects of the bucket `flatfiles`. Prints its port, ends when its input closes.

Lines on its input are faults: `cut N` (the next body breaks after N bytes), `slow N` (N answers are SlowDown),
`skew SECONDS` (its clock), `page N` (keys of a listing), `etag TEXT` (of all objects)."""
import datetime
import hashlib
import http.server
import os
import sys
import threading
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = os.path.abspath(sys.argv[1])
KEY, SECRET = "AKIDPYTHON", "python/secret+key="
faults = {"cut": None, "slow": 0, "skew": 0, "page": 1000, "etag": ""}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            cut = faults["cut"]
            if cut is not None and status in (200, 206) and len(body) > cut:
                faults["cut"] = None
                self.wfile.write(body[:cut])
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self.wfile.write(body)

    def refuse(self, status, code):
        text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>refused</Message></Error>'
        self.answer(status, text.encode(), [("Content-Type", "application/xml")])

    def date_time_string(self, timestamp=None):
        shifted = datetime.datetime.now(datetime.timezone.utc).timestamp() + faults["skew"]
        return super().date_time_string(shifted if timestamp is None else timestamp)

    def wrong_signature(self):
        header = self.headers.get("Authorization", "")
        if not header.startswith("AWS4-HMAC-SHA256 "):
            return "AccessDenied"
        parts = dict(p.strip().split("=", 1) for p in header[len("AWS4-HMAC-SHA256 "):].split(","))
        key, day, region, service, _ = parts["Credential"].split("/")
        if key != KEY:
            return "InvalidAccessKeyId"
        stamp = self.headers["X-Amz-Date"]
        at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=faults["skew"])
        if abs((now - at).total_seconds()) > 900:
            return "RequestTimeTooSkewed"
        url = urlsplit(self.path)
        # Taken apart and put together again: what is wrongly encoded shows in the signature.
        path = quote(unquote(url.path), safe="/-_.~")
        request = AWSRequest(
            method=self.command,
            url=f"http://{self.headers['Host']}{path}",
            params=parse_qsl(url.query, keep_blank_values=True) or None,
            headers={name: self.headers[name] for name in parts["SignedHeaders"].split(";")},
        )
        request.context["timestamp"] = stamp
        auth = S3SigV4Auth(Credentials(KEY, SECRET), service, region)
        mine = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        return "" if mine == parts["Signature"] and stamp.startswith(day) else "SignatureDoesNotMatch"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        if faults["slow"] > 0:
            faults["slow"] -= 1
            return self.refuse(503, "SlowDown")
        code = self.wrong_signature()
        if code:
            return self.refuse(403, code)
        url = urlsplit(self.path)
        if url.path in ("/flatfiles", "/flatfiles/"):
            return self.list(dict(parse_qsl(url.query)))
        path = os.path.join(ROOT, unquote(url.path)[len("/flatfiles/"):])
        if not url.path.startswith("/flatfiles/") or not os.path.isfile(path):
            return self.refuse(404, "NoSuchKey")
        with open(path, "rb") as file:
            return self.object(file.read())

    def object(self, body):
        tag = faults["etag"] or f'"{hashlib.md5(body).hexdigest()}"'
        if self.headers.get("If-Match", tag) != tag:
            return self.refuse(412, "PreconditionFailed")
        headers = [("ETag", tag), ("Accept-Ranges", "bytes")]
        if "Range" not in self.headers:
            return self.answer(200, body, headers)
        first, last = self.headers["Range"][len("bytes="):].split("-")
        first, last = int(first), min(int(last or len(body)), len(body) - 1)
        if first >= len(body):
            return self.refuse(416, "InvalidRange")
        headers.append(("Content-Range", f"bytes {first}-{last}/{len(body)}"))
        return self.answer(206, body[first:last + 1], headers)

    def list(self, query):
        keys = []
        for folder, _, names in os.walk(ROOT):
            keys += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
        after = query.get("continuation-token", "")
        after = after[len("to/ken+="):] if after else ""
        keys = [k for k in sorted(keys) if k.startswith(query.get("prefix", "")) and k > after]
        more = len(keys) > faults["page"]
        keys = keys[:faults["page"]]
        text = "".join(f"<Contents><Key>{escape(k)}</Key><Size>{os.path.getsize(os.path.join(ROOT, k))}</Size></Contents>"
                       for k in keys)
        token = f"<NextContinuationToken>to/ken+={keys[-1]}</NextContinuationToken>" if more else ""
        self.answer(200, f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{text}"
                    "</ListBucketResult>".encode())


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    for line in sys.stdin:
        name, value = line.split()
        faults[name] = value if name == "etag" else int(value)
        print("done", flush=True)


main()
