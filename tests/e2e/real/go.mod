module weft/real

go 1.19
