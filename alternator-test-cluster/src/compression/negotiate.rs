//! Negotiation of the response's encoding by `Accept-Encoding`.

use super::Encoding;

/// Returns the encoding for the response, or `None` if it is to stay uncompressed.
///
/// The encoding with the highest weight is chosen, and the first among equal weights. If a name is repeated, its first
/// occurrence counts. `*` stands for gzip, or for deflate if gzip is listed. `identity` is an option only if listed.
pub(crate) fn negotiate<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Encoding> {
    let mut offers: Vec<(String, f64)> = Vec::new();
    for offer in headers.flat_map(|header| header.split(',')) {
        let (name, parameters) = offer.split_once(';').unwrap_or((offer, ""));
        let name = name.trim().to_ascii_lowercase();
        if !offers.iter().any(|(other, _)| *other == name) {
            offers.push((name, weight(parameters)));
        }
    }
    let is_listed = |name: &str| offers.iter().any(|(other, _)| other == name);
    let choice = |name: &str| match name {
        "gzip" => Some(Some(Encoding::Gzip)),
        "deflate" => Some(Some(Encoding::Deflate)),
        "identity" => Some(None),
        "*" if !is_listed("gzip") => Some(Some(Encoding::Gzip)),
        "*" if !is_listed("deflate") => Some(Some(Encoding::Deflate)),
        _ => None,
    };
    let mut best = (None, 0.0);
    for (name, weight) in &offers {
        if let Some(choice) = choice(name)
            && *weight > best.1
        {
            best = (choice, *weight);
        }
    }
    best.0
}

/// Parses the weight (`q=0.5`), clamped to the range from 0 to 1. A missing weight is 1, an invalid one 0.
fn weight(parameters: &str) -> f64 {
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(value) = value else { return 1.0 };
    let weight = value.parse().unwrap_or(0.0);
    if f64::is_nan(weight) {
        0.0
    } else {
        weight.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding_for(header: &str) -> Option<Encoding> {
        negotiate([header].into_iter())
    }

    #[test]
    fn response_stays_uncompressed_without_an_accepted_encoding() {
        for header in [
            "",
            "identity",
            "br, zstd",
            "gzip;q=0",
            "gzip;q=x",
            "identity, gzip",
            "gzip;q=0.5, identity",
        ] {
            assert_eq!(encoding_for(header), None, "{header}");
        }
    }

    #[test]
    fn encoding_with_the_highest_weight_or_else_the_first_is_chosen() {
        assert_eq!(encoding_for("gzip"), Some(Encoding::Gzip));
        assert_eq!(encoding_for("GZIP , deflate"), Some(Encoding::Gzip));
        assert_eq!(encoding_for("deflate, gzip"), Some(Encoding::Deflate));
        assert_eq!(
            encoding_for("deflate;q=0.5, gzip;q=0.8"),
            Some(Encoding::Gzip)
        );
        assert_eq!(encoding_for("gzip;q=7, deflate"), Some(Encoding::Gzip));
        assert_eq!(
            encoding_for("identity;q=0.5, gzip;q=0.6"),
            Some(Encoding::Gzip)
        );
    }

    #[test]
    fn first_occurrence_of_a_repeated_encoding_counts() {
        assert_eq!(encoding_for("gzip;q=0, gzip"), None);
        assert_eq!(
            negotiate(["gzip;q=0", "gzip, deflate;q=0.1"].into_iter()),
            Some(Encoding::Deflate)
        );
    }

    #[test]
    fn wildcard_stands_for_the_first_unlisted_encoding() {
        assert_eq!(encoding_for("*"), Some(Encoding::Gzip));
        assert_eq!(encoding_for("gzip;q=0, *"), Some(Encoding::Deflate));
        assert_eq!(encoding_for("gzip;q=0, deflate;q=0, *"), None);
    }
}
