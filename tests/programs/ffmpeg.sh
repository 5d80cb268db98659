# FFmpeg's and x264's hand-written paths, if there is an ffmpeg: as the processor is, without AVX, with SSE2 alone, and plain C.
# timeout: 600
command -v ffmpeg >/dev/null || exit 0
run() { ffmpeg -y -nostdin -hide_banner -loglevel error "$@" && echo "done: $*"; }
exact="-fflags +bitexact -flags +bitexact -sws_flags +accurate_rnd+bitexact"
picture="-f lavfi -i testsrc2=size=176x144:rate=10:duration=1"
sound="-f lavfi -i sine=frequency=440:sample_rate=44100:duration=2"
for cpu in '' '-cpuflags mmx+mmxext+sse+sse2+sse3+ssse3+sse4.1+sse4.2' '-cpuflags mmx+mmxext+sse+sse2' '-cpuflags 0'; do
    run $cpu $picture $exact -threads 1 -c:v mpeg4 -q:v 5 -f avi mpeg4.avi
    run $cpu $picture $exact -threads 2 -c:v mpeg2video -q:v 4 -f avi mpeg2.avi
    run $cpu $picture $exact -c:v ffv1 -f avi ffv1.avi
    for filter in scale=96:80:flags=bicubic scale=320:240:flags=lanczos,format=rgb24 format=yuv422p10le \
        'hqdn3d,eq=contrast=1.2' 'yadif,unsharp' 'gblur=sigma=2,transpose=1'; do
        run $cpu $picture $exact -vf "$filter" -f rawvideo -c:v rawvideo scaled.yuv
        md5sum scaled.yuv
    done
    run $cpu -i mpeg4.avi $exact -f framemd5 -
    run $cpu -threads 2 -i mpeg2.avi $exact -f framemd5 -
    run $cpu -i ffv1.avi $exact -f framemd5 -
    for codec in aac ac3 flac mp2 libopus; do
        run $cpu $sound $exact -threads 1 -strict experimental -c:a $codec -ar 48000 -f matroska sound.mka
        md5sum sound.mka
        run $cpu -i sound.mka $exact -f framemd5 -
    done
done
# x264 asks the processor itself; its presets use different functions.
for asm in auto sse2,ssse3,sse4.2 sse2 none; do
    for preset in ultrafast medium; do
        for threads in 1 2; do
            run $picture $exact -threads $threads -c:v libx264 -preset $preset -x264-params "asm=$asm" -f h264 video.h264
            md5sum video.h264
        done
    done
    run -threads 1 -i video.h264 $exact -f framemd5 -
done
rm -f ./*.avi ./*.mka ./*.h264 ./*.yuv
