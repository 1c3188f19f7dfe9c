//! Headers of every answer.

/// The policy of every page: nothing but our own style, script and pictures, nothing inline, nobody frames us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every answer carries, pages and assets alike.
///
/// The referrer policy is not stricter, because browsers then send `Origin: null` with forms of our own pages (Fetch
/// standard, "append a request `Origin` header"), by which the console tells them from foreign ones.
pub fn security_headers() -> [(&'static str, &'static str); 8] {
    [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("strict-transport-security", "max-age=63072000"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]
}

/// What every page carries besides: it is made for one reader, at one instant.
pub const PAGE_CACHE: (&str, &str) = ("cache-control", "no-store");
