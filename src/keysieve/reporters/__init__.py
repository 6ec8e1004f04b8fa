"""From a report to text. One module per format, one function each."""
