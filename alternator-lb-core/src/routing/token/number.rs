//! The serialisation of a number in a partition key.
//!
//! Alternator stores a number as CQL's `decimal`: a big-endian scale of four bytes, then the digits as the shortest
//! big-endian two's-complement integer. It does not normalise: `1e3`, `1000` and `1000.0` are three partitions, so the
//! serialisation follows the text that is sent.

/// A serialised number. On the stack: one is made for every request whose key is a number.
#[derive(Debug)]
pub(super) struct Number {
    bytes: [u8; SCALE + DIGITS],
    /// The position of the first byte.
    start: usize,
}

impl Number {
    /// Parses a number as the server does: a sign, digits with or without a point, and an exponent.
    ///
    /// Does not apply the server's limit of digits, 38 in newer versions: all nodes refuse such a number alike.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        // An exponent has an optional sign and at least one digit, exactly what `parse` accepts.
        let exponent = exponent.parse::<i32>().ok()?;
        let is_negative = mantissa.starts_with('-');
        let mantissa = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()?;
        let scale = exponent.checked_neg()?.checked_add(scale)?;
        let digits = Digits::parse(whole.bytes().chain(fraction.bytes()))?;
        let integer = digits.to_twos_complement(is_negative);
        Some(Self::serialised(scale, &integer))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    fn serialised(scale: i32, integer: &[u8; DIGITS]) -> Self {
        let pairs = integer.iter().copied().zip(integer.iter().copied().skip(1));
        // A byte is redundant if it only repeats the sign of the next one.
        let is_redundant = |(byte, next): &(u8, u8)| match byte {
            0x00 => next & 0x80 == 0,
            0xff => next & 0x80 != 0,
            _ => false,
        };
        let start = pairs.take_while(is_redundant).count();
        let mut bytes = [0; SCALE + DIGITS];
        let scale = scale.to_be_bytes().into_iter();
        let serialised = scale.chain(integer.iter().copied().skip(start));
        for (to, from) in bytes.iter_mut().skip(start).zip(serialised) {
            *to = from;
        }
        Self { bytes, start }
    }
}

/// An integer without its sign, the least significant word first.
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

    /// Appends a group of digits, given `power` = 10 to the number of digits; none if there is no room.
    fn append(&mut self, power: u64, group: u64) -> Option<()> {
        let mut carry = group;
        for word in &mut self.0 {
            let product = u128::from(*word) * u128::from(power) + u128::from(carry);
            (*word, carry) = (product as u64, (product >> 64) as u64);
        }
        // The highest bit is the sign.
        let is_too_long = carry > 0 || self.0.last().is_some_and(|word| word.cast_signed() < 0);
        (!is_too_long).then_some(())
    }

    fn to_twos_complement(&self, is_negative: bool) -> [u8; DIGITS] {
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

/// 512 bits hold 153 digits: any number of DynamoDB, all of which are below 10^126, even without an exponent.
const WORDS: usize = 8;
const DIGITS: usize = 8 * WORDS;

/// As many digits at once as a word can hold.
const GROUP: u64 = 10_u64.pow(19);
