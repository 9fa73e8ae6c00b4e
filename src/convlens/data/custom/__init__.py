"""Converts a user's images (a folder, a CSV file, arrays or a zip archive) to arrays that a network can be trained on.

    path → sources → Listing ──→ shape (size, channels) ──→ pool (processes: decoding → facts, pixels)
              (walking, layout, table, array_files)                          │
    Dataset ← ImportedImages ← cache (mapped into memory) ← division (parts) ←┘

Nothing is ever deleted or changed at the source. The notes list what was left out and how images were changed.
"""
