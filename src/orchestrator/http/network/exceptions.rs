//! The hosts that are reached without the proxy, in every form in which people write `NO_PROXY`.
//!
//! In: entries. Out: whether an address is one of theirs. Never: looks a name up.

use std::net::IpAddr;

use reqwest::Url;

/// Hosts that are reached straight.
pub(super) struct Exceptions(Vec<Exception>);

enum Exception {
    /// `*`.
    Every,
    /// `corp.example`, `.corp.example`, `*.corp.example`: the host and all below it; at one port, where it is named.
    Host(String, Option<u16>),
    /// `10.1.2.3`; at one port, where it is named.
    Address(IpAddr, Option<u16>),
    /// `10.0.0.0/8`.
    Network(IpAddr, u32),
}

impl Exceptions {
    /// Reads `entries`, each of which may be several with commas or blanks between them.
    pub(super) fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        let parts = entries.into_iter().flat_map(|entry| entry.split(|c: char| c == ',' || c.is_whitespace()));
        Self(parts.filter(|part| !part.is_empty()).map(Exception::parse).collect())
    }

    /// Whether `url` is reached straight.
    pub(super) fn hold(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let (address, port) = (host.parse::<IpAddr>().ok(), url.port_or_known_default());
        self.0.iter().any(|exception| match exception {
            Exception::Every => true,
            Exception::Host(name, at) => {
                let below = host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                below && at.is_none_or(|at| Some(at) == port)
            }
            Exception::Address(own, at) => address == Some(*own) && at.is_none_or(|at| Some(at) == port),
            Exception::Network(network, bits) => address.is_some_and(|address| is_in(address, *network, *bits)),
        })
    }
}

impl Exception {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::Every;
        }
        if let Some((network, bits)) = text.split_once('/')
            && let (Ok(network), Ok(bits)) = (network.parse(), bits.parse())
        {
            return Self::Network(network, bits);
        }
        let text = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse() {
            return Self::Address(address, None);
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
            Some(_) | None => (text, None),
        };
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse() {
            return Self::Address(address, port);
        }
        let name = host.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
        Self::Host(name.to_ascii_lowercase(), port)
    }
}

/// Whether the first `bits` of both addresses are the same.
fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let shift = 32_u32.saturating_sub(bits);
            u32::from(address).checked_shr(shift) == u32::from(network).checked_shr(shift)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let shift = 128_u32.saturating_sub(bits);
            u128::from(address).checked_shr(shift) == u128::from(network).checked_shr(shift)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entries: &str, url: &str, expected: bool) {
        let exceptions = Exceptions::parse([entries]);
        assert_eq!(exceptions.hold(&Url::parse(url).expect("an address")), expected, "{entries} for {url}");
    }

    #[test]
    fn every_form_of_an_exception_is_read() {
        for entries in [
            "corp.example",
            ".corp.example",
            "*.corp.example",
            "CORP.Example.",
            "other, *.corp.example",
            "other *.corp.example",
            " a ,\tcorp.example , b",
            "orch.corp.example:443",
            "*.corp.example:443",
            "https://orch.corp.example/",
            "*",
        ] {
            check(entries, "https://orch.corp.example", true);
        }
        for entries in ["", "example.org", "corp.example:8443", "xcorp.example", "rp.example", "10.0.0.0/8", ","] {
            check(entries, "https://orch.corp.example", false);
        }
        check("corp.example:8443", "https://corp.example:8443", true);
        check("corp.example", "https://notcorp.example", false);
    }

    #[test]
    fn addresses_and_networks_are_read() {
        check("10.0.0.0/8", "https://10.20.30.40", true);
        check("10.0.0.0/8", "https://11.20.30.40", false);
        check("0.0.0.0/0", "https://11.20.30.40", true);
        check("192.168.1.7/32", "https://192.168.1.7", true);
        check("192.168.1.7", "https://192.168.1.7:8443", true);
        check("192.168.1.7:443", "https://192.168.1.7:8443", false);
        check("fd00::/8", "https://[fd12::1]", true);
        check("::1", "https://[::1]", true);
        check("[::1]:8443", "https://[::1]:8443", true);
        check("10.0.0.0/8", "https://[::1]", false);
    }
}
