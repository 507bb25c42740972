"""What an instructor does to a lesson. The views here check who asks; what readers see changes in `lessons.revisions` alone."""
