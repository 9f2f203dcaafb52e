"""Write what a rehearsal has shown as one HTML file that works offline."""
