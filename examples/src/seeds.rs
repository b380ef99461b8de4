//! The value of the option `--seeds`.

/// Splits URLs at commas.
///
/// # Errors
///
/// If there is none.
pub fn seeds(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Err("at least one URL is required".to_owned());
    }
    Ok(text.split(',').map(str::to_owned).collect())
}
