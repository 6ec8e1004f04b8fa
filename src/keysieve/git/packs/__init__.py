"""Reading whole object databases fast: packs by delta family, loose objects, over several processes."""
