//! Reading `Accept-Encoding`.

use super::Encoding;

/// Picks how to compress an answer, if the client wants it compressed at all.
///
/// The highest weight wins, and among equals the first; of a name that is repeated the first mention counts. `*` stands
/// for gzip, or for deflate if gzip is mentioned. Not compressing is one of the choices only where it is mentioned.
pub(crate) fn negotiate<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Encoding> {
    let mut offers: Vec<(String, f64)> = Vec::new();
    for offer in headers.flat_map(|header| header.split(',')) {
        let (name, parameters) = offer.split_once(';').unwrap_or((offer, ""));
        let name = name.trim().to_ascii_lowercase();
        if !offers.iter().any(|(other, _)| *other == name) {
            offers.push((name, weight(parameters)));
        }
    }
    let mentioned = |name: &str| offers.iter().any(|(other, _)| other == name);
    let choice = |name: &str| match name {
        "gzip" => Some(Some(Encoding::Gzip)),
        "deflate" => Some(Some(Encoding::Deflate)),
        "identity" => Some(None),
        "*" if !mentioned("gzip") => Some(Some(Encoding::Gzip)),
        "*" if !mentioned("deflate") => Some(Some(Encoding::Deflate)),
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

/// Reads `q=0.5`, clamped to 0 to 1. Without it, 1; what is not a number is 0.
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

    fn of(header: &str) -> Option<Encoding> {
        negotiate([header].into_iter())
    }

    #[test]
    fn what_is_not_asked_for_is_not_done() {
        for header in [
            "",
            "identity",
            "br, zstd",
            "gzip;q=0",
            "gzip;q=x",
            "identity, gzip",
            "gzip;q=0.5, identity",
        ] {
            assert_eq!(of(header), None, "{header}");
        }
    }

    #[test]
    fn the_highest_weight_wins_and_the_first_among_equals() {
        assert_eq!(of("gzip"), Some(Encoding::Gzip));
        assert_eq!(of("GZIP , deflate"), Some(Encoding::Gzip));
        assert_eq!(of("deflate, gzip"), Some(Encoding::Deflate));
        assert_eq!(of("deflate;q=0.5, gzip;q=0.8"), Some(Encoding::Gzip));
        assert_eq!(of("gzip;q=7, deflate"), Some(Encoding::Gzip));
        assert_eq!(of("identity;q=0.5, gzip;q=0.6"), Some(Encoding::Gzip));
    }

    #[test]
    fn the_first_mention_counts() {
        assert_eq!(of("gzip;q=0, gzip"), None);
        assert_eq!(
            negotiate(["gzip;q=0", "gzip, deflate;q=0.1"].into_iter()),
            Some(Encoding::Deflate)
        );
    }

    #[test]
    fn a_star_stands_for_what_is_not_mentioned() {
        assert_eq!(of("*"), Some(Encoding::Gzip));
        assert_eq!(of("gzip;q=0, *"), Some(Encoding::Deflate));
        assert_eq!(of("gzip;q=0, deflate;q=0, *"), None);
    }
}
