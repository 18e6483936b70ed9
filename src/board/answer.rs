//! What a browser is answered, with the rules by which it may show it.
//!
//! In: a body. Out: a status, headers and the body. Never: a header that lets another page in.

/// Nothing but the board's own style, script and stream of changes; no frame around it; forms lead back to it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardAnswer {
    /// Of HTTP.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// What a browser may do with it.
    pub policy: String,
    /// What it is to keep, where it is let in by its token.
    pub cookie: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl BoardAnswer {
    /// What every answer says beside its own headers.
    pub const HEADERS: [(&str, &str); 7] = [
        // Runs change, and nothing of them is to lie in a browser's cache.
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "interest-cohort=()"),
    ];

    /// A page of the board.
    pub(super) fn page(html: String) -> Self {
        Self::of("text/html; charset=utf-8", html.into_bytes())
    }

    /// The board's style sheet.
    pub(super) fn style(css: &str) -> Self {
        Self::of("text/css; charset=utf-8", css.as_bytes().to_vec())
    }

    /// The board's script.
    pub(super) fn script(script: &str) -> Self {
        Self::of("text/javascript; charset=utf-8", script.as_bytes().to_vec())
    }

    /// The board's icon.
    pub(super) fn icon(svg: &str) -> Self {
        Self::of("image/svg+xml", svg.as_bytes().to_vec())
    }

    /// A report, which has a policy of its own: no script at all.
    pub(super) fn report(html: Vec<u8>, policy: &str) -> Self {
        let policy = format!("{policy}; frame-ancestors 'none'");
        Self { policy, ..Self::of("text/html; charset=utf-8", html) }
    }

    /// Changes as they happen: `text/event-stream`, whose body comes by and by.
    #[must_use]
    pub fn stream() -> Self {
        Self::of("text/event-stream", Vec::new())
    }

    /// Words for whoever is turned away.
    #[must_use]
    pub fn words(status: u16, words: &str) -> Self {
        Self { status, ..Self::of("text/plain; charset=utf-8", format!("{words}\n").into_bytes()) }
    }

    /// For whoever came with the token: keeps `cookie`, and goes on to an address without one. A page does that, and no redirect:
    /// the first request that a strict cookie goes with must be begun by the board itself, wherever the address was clicked.
    #[must_use]
    pub fn welcome(cookie: String) -> Self {
        let page = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>sortie board</title>\
                    <meta http-equiv=\"refresh\" content=\"0; url=/\"></head><body><p><a href=\"/\">To the board</a></p>\
                    </body></html>\n";
        Self { cookie: Some(cookie), ..Self::page(page.to_owned()) }
    }

    fn of(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, content_type, policy: POLICY.to_owned(), cookie: None, body }
    }
}
