//! Summarises repeated measurements.

/// The minimum, median and maximum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

impl Spread {
    /// `None` if there are no figures.
    pub(super) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_unstable_by(f64::total_cmp);
        let (least, most) = (*figures.first()?, *figures.last()?);
        let middle = figures.len() / 2;
        let upper = *figures.get(middle)?;
        let median = match figures.len() % 2 {
            0 => f64::midpoint(*figures.get(middle - 1)?, upper),
            _ => upper,
        };
        Some(Self {
            least,
            median,
            most,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_there() {
        let spread = Spread::of([3.0, 1.0, 20.0]).unwrap();
        assert_eq!((spread.least, spread.median, spread.most), (1.0, 3.0, 20.0));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 30.0]).unwrap().median, 3.0);
        assert_eq!(Spread::of([]), None);
    }
}
