//! The bytes under which the server files a number.
//!
//! Alternator keeps a number as CQL's `decimal`: a scale of four bytes, then the digits as the shortest big-endian
//! two's-complement integer, both big-endian. It does not normalise: `1e3`, `1000` and `1000.0` are three partitions, so
//! what counts is the text that is sent.

/// A number, serialised. On the stack: this is made for every request whose key is a number.
#[derive(Debug)]
pub(super) struct Number {
    bytes: [u8; SCALE + DIGITS],
    length: usize,
}

impl Number {
    /// Reads a number as the server does: a sign, digits with or without a point, and an exponent.
    ///
    /// Says nothing of how many digits the server lets through, 38 in newer versions: what it refuses it refuses
    /// wherever it is sent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(mantissa) => (true, mantissa),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()?;
        let scale = exponent.checked_neg()?.checked_add(scale)?;
        let digits = Digits::parse(whole.bytes().chain(fraction.bytes()))?;
        Some(Self::serialised(
            scale,
            &digits.in_twos_complement(is_negative),
        ))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn serialised(scale: i32, integer: &[u8; DIGITS]) -> Self {
        let first = integer.iter().copied().zip(integer.iter().copied().skip(1));
        // A byte that only repeats the sign of the next one can go.
        let is_spare = |(byte, next): &(u8, u8)| match byte {
            0x00 => next & 0x80 == 0,
            0xff => next & 0x80 != 0,
            _ => false,
        };
        let spare = first.take_while(is_spare).count();
        let mut bytes = [0; SCALE + DIGITS];
        let all = scale
            .to_be_bytes()
            .into_iter()
            .chain(integer.iter().copied().skip(spare));
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = from;
        }
        Self {
            bytes,
            length: SCALE + DIGITS - spare,
        }
    }
}

/// An exponent has a sign or not, and at least one digit; `parse` wants nothing else.
fn parse_exponent(text: &str) -> Option<i32> {
    text.parse().ok()
}

/// A whole number without its sign, the least word first.
struct Digits([u64; WORDS]);

impl Digits {
    fn parse(digits: impl Iterator<Item = u8>) -> Option<Self> {
        let mut number = Self([0; WORDS]);
        let (mut group, mut power) = (0, 1);
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            group = group * 10 + u64::from(digit - b'0');
            power *= 10;
            if power == GROUP {
                number.append(power, group)?;
                (group, power) = (0, 1);
            }
        }
        number.append(power, group)?;
        Some(number)
    }

    /// Writes a group of digits after those that are there.
    fn append(&mut self, power: u64, group: u64) -> Option<()> {
        let mut carry = group;
        for word in &mut self.0 {
            let product = u128::from(*word) * u128::from(power) + u128::from(carry);
            (*word, carry) = (product as u64, (product >> 64) as u64);
        }
        // The highest bit is the sign's.
        let is_too_long = carry > 0 || self.0.last().is_some_and(|word| word.cast_signed() < 0);
        (!is_too_long).then_some(())
    }

    fn in_twos_complement(&self, is_negative: bool) -> [u8; DIGITS] {
        let mut bytes = [0; DIGITS];
        let mut carry = true;
        for (word, to) in self.0.iter().zip(bytes.rchunks_exact_mut(8)) {
            let mut word = *word;
            if is_negative {
                (word, carry) = (!word).overflowing_add(u64::from(carry));
            }
            to.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }
}

const SCALE: usize = 4;

/// 512 bits hold 153 digits: any number that DynamoDB has, which end below 10^126, even written out.
const WORDS: usize = 8;
const DIGITS: usize = 8 * WORDS;

/// As many digits at once as a word holds.
const GROUP: u64 = 10_u64.pow(19);
