"""Reading whole object databases fast: packs by delta family, loose objects, the work split over
processes.
"""
