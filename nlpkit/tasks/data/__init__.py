"""Examples of any form, read and made into batches."""
