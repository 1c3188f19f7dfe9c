//! Style, script and icon: part of the binary, each served under its own hash, so that browsers may keep them for ever.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use curfew_domain::hex::hex;
use sha2::{Digest as _, Sha384};

use crate::routes;

/// For how long browsers keep an asset: its address changes with its content.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A file that pages refer to.
#[derive(Debug)]
pub struct Asset {
    /// Where it is served: `/assets/<hash>.<ending>`.
    pub path: String,
    /// Media type.
    pub content_type: &'static str,
    /// Content.
    pub body: &'static str,
    /// What pages say that it must be (W3C Subresource Integrity).
    pub integrity: String,
}

/// All of them.
#[derive(Debug)]
pub struct Assets {
    /// Style.
    pub css: Asset,
    /// Script.
    pub js: Asset,
    /// Icon.
    pub icon: Asset,
}

/// The assets of this build.
pub fn assets() -> &'static Assets {
    static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
        css: Asset::new("css", "text/css; charset=utf-8", include_str!("assets/console.css")),
        js: Asset::new("js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
        icon: Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg")),
    });
    &ASSETS
}

impl Assets {
    /// Each of them.
    pub fn all(&self) -> [&Asset; 3] {
        [&self.css, &self.js, &self.icon]
    }

    /// The one that is served at this path.
    pub fn at(&self, path: &str) -> Option<&Asset> {
        self.all().into_iter().find(|asset| asset.path == path)
    }
}

impl Asset {
    fn new(ending: &str, content_type: &'static str, body: &'static str) -> Self {
        let hash = Sha384::digest(body.as_bytes());
        let name: String = hex(&hash).chars().take(24).collect();
        Self {
            path: format!("{}/{name}.{ending}", routes::ASSETS),
            content_type,
            body,
            integrity: format!("sha384-{}", STANDARD.encode(hash)),
        }
    }
}
